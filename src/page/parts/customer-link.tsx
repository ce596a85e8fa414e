/** A link for the customer: make it, copy it, see how it goes, revoke it. */
import { useState } from 'preact/hooks';
import { fullTime } from '../i18n/times.ts';
import { count, words } from '../i18n/words.ts';
import { now } from '../state/clock.ts';
import { type CustomerLink, madeLink, makeLink, revokeLink, shownLinks } from '../state/customer-links.ts';
import { mayCommand } from '../state/link.ts';
import { pairByQr } from '../state/pairing.ts';
import { CopyButton } from './copy.tsx';
import { Problem } from './problem.tsx';

const hour = 3_600;
const lives = { hour, day: 24 * hour, week: 7 * 24 * hour } as const;
type Life = keyof typeof lives;
/** Open ones all, and of the others only the latest. */
const endedShown = 2;

const Form = ({ orgId }: { orgId: string }) => {
  const t = words.value.customerLink;
  const [name, setName] = useState('');
  const [life, setLife] = useState<Life>('day');
  return (
    <form
      class="f link-form"
      onSubmit={(event) => {
        event.preventDefault();
        void makeLink(orgId, name.trim(), lives[life]);
      }}
    >
      <div class="f">
        <label for="link-name">{t.who}</label>
        <input
          class="in"
          id="link-name"
          type="text"
          autocomplete="organization"
          maxLength={64}
          placeholder="Citas en Línea"
          value={name}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
        />
      </div>
      <div class="f">
        <label for="link-life">{t.life}</label>
        <select
          class="in"
          id="link-life"
          value={life}
          onChange={({ currentTarget }) => setLife(currentTarget.value as Life)}
        >
          {(Object.keys(lives) as Life[]).map((one) => (
            <option key={one} value={one}>
              {t.lives[one]}
            </option>
          ))}
        </select>
      </div>
      <button class="b p" type="submit" disabled={!mayCommand.value}>
        {t.make}
      </button>
    </form>
  );
};
const Made = ({ url, expiresAt }: { url: string; expiresAt: string }) => {
  const t = words.value.customerLink;
  return (
    <div class="made-link" role="status">
      <p class="cmd">
        <span>{url}</span>
        <CopyButton text={url} label={t.copy} isFilled />
      </p>
      <p class="dim">{t.once(fullTime(Date.parse(expiresAt), now.value))}</p>
    </div>
  );
};
const Row = ({ of: link }: { of: CustomerLink }) => {
  const t = words.value.customerLink;
  const { status, starts, maxStarts, expiresAt, createdAt } = link;
  const ends = t.ends(fullTime(Date.parse(expiresAt), now.value));
  return (
    <li>
      <span>
        <b>{t.statuses[status]}</b>
        <small class="dim">
          {[
            t.created(fullTime(Date.parse(createdAt), now.value)),
            status === 'open' ? ends : '',
            t.starts(count(starts), count(maxStarts)),
          ]
            .filter(Boolean)
            .join(' · ')}
        </small>
      </span>
      {status === 'open' && (
        <button
          class="b d"
          type="button"
          disabled={!mayCommand.value}
          aria-label={`${t.revoke}: ${ends}`}
          onClick={() => void revokeLink(link)}
        >
          {t.revoke}
        </button>
      )}
    </li>
  );
};

export const CustomerLinkPart = ({ orgId }: { orgId: string }) => {
  const t = words.value.customerLink;
  const { links = [], problem } = shownLinks.value ?? {};
  const made = madeLink.value;
  const open = links.filter(({ status }) => status === 'open');
  const ended = links.filter(({ status }) => status !== 'open').slice(0, endedShown);
  const rows = [...open, ...ended];
  return (
    <div class="confirm">
      <p class="mid">{t.about}</p>
      {made === undefined ? <Form orgId={orgId} /> : <Made url={made.url} expiresAt={made.link.expiresAt} />}
      <Problem text={problem} />
      {rows.length > 0 && (
        <>
          <h3>{t.list}</h3>
          <ul class="links">
            {rows.map((link) => (
              <Row key={link.linkId} of={link} />
            ))}
          </ul>
        </>
      )}
      <p class="row row-end">
        <button class="b q" type="button" disabled={!mayCommand.value} onClick={() => void pairByQr(orgId)}>
          {t.showQr}
        </button>
      </p>
    </div>
  );
};
