/** The second form of a number, and the numbers that have none. */
import { describe, expect, it } from 'vitest';
import { otherFormOf } from '../../../src/whatsapp/messages/national-forms.ts';

describe('the other form of a number', () => {
  it.each([
    ['a Brazilian mobile number', '5511960000000', '551160000000'],
    ['a Mexican number', '525511000000', '5215511000000'],
    ['an Argentine number', '541111000000', '5491111000000'],
  ])('%s has two forms, and each leads to the other', (_, one, other) => {
    expect(otherFormOf(one)).toBe(other);
    expect(otherFormOf(other)).toBe(one);
  });
  it.each([
    ['a Brazilian landline, which with a 9 belongs to another person', '551130000000'],
    ['a Brazilian mobile number that never had eight digits', '5511930000000'],
    ['a Brazilian number with an area code that does not exist', '5501960000000'],
    ['a number that is too short for Brazil', '55116000000'],
    ['a number that is too long for Brazil', '55119600000000'],
    ['a Mexican number with an area code that begins with 1', '521511000000'],
    ['a number that is too long for Mexico', '52155110000000'],
    ['a number that is too short for Argentina', '54111100000'],
    ['a number of another country', '4915100000000'],
    ['nothing', ''],
  ])('%s has no other form', (_, phone) => {
    expect(otherFormOf(phone)).toBeUndefined();
  });
});
