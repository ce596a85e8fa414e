/**
 * Numbers that WhatsApp may know under another form than the one that people dial. Both forms are only asked
 * for, never assumed: WhatsApp's answer names the account (WHATSAPP-FACTS.md#national-forms).
 */

interface Form {
  readonly matches: RegExp;
  readonly becomes: string;
}
const forms: readonly Form[] = [
  // Brazil: mobile numbers got a leading 9; accounts that are older keep the form without it. Numbers whose
  // eight digits begin with 2 to 5 are left alone: with the 9 they belong to another person.
  { matches: /^(55[1-9]\d)([6-9]\d{7})$/, becomes: '$19$2' },
  { matches: /^(55[1-9]\d)9([6-9]\d{7})$/, becomes: '$1$2' },
  // Mexico: a 1 after the country code marked mobile numbers until 2019
  { matches: /^52([2-9]\d{9})$/, becomes: '521$1' },
  { matches: /^521([2-9]\d{9})$/, becomes: '52$1' },
  // Argentina: a 9 after the country code marks mobile numbers
  { matches: /^54([1-3]\d{9})$/, becomes: '549$1' },
  { matches: /^549([1-3]\d{9})$/, becomes: '54$1' },
];

/** The other form of a number (digits with country code); undefined when its country has only one. */
export const otherFormOf = (phone: string): string | undefined => {
  const form = forms.find(({ matches }) => matches.test(phone));
  return form && phone.replace(form.matches, form.becomes);
};
