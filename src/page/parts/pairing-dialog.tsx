/** Links a phone: QR in its ring, or a code, and how it goes on. */
import { useEffect, useState } from 'preact/hooks';
import { countdown, shortTime } from '../i18n/times.ts';
import { words } from '../i18n/words.ts';
import { now } from '../state/clock.ts';
import { byId } from '../state/fleet.ts';
import { mayCommand } from '../state/link.ts';
import {
  cancelPairing,
  closePairing,
  openCustomerLink,
  type Pairing,
  pairByCode,
  pairByQr,
  pairing,
} from '../state/pairing.ts';
import { AskOrganization } from './ask-organization.tsx';
import { CopyButton } from './copy.tsx';
import { CustomerLinkPart } from './customer-link.tsx';
import { Dialog } from './dialog.tsx';
import { Icon, type IconName } from './icon.tsx';
import { Problem } from './problem.tsx';
import { Qr } from './qr.tsx';

/** How long "connected" stays before the dialog closes. */
const doneMs = 3_000;

const Steps = ({ lines }: { lines: readonly string[] }) => (
  <ol class="steps">
    {lines.map((line) => (
      <li key={line}>{line}</li>
    ))}
  </ol>
);

const ByCode = ({ of: { orgId } }: { of: Pairing }) => {
  const t = words.value.pair;
  const [phone, setPhone] = useState(byId.value.get(orgId)?.number.replace('+', '') ?? '');
  const digits = phone.replaceAll(/\D/g, '');
  return (
    <form
      class="alt f"
      onSubmit={(event) => {
        event.preventDefault();
        void pairByCode(orgId, digits);
      }}
    >
      <h3>{t.noCamera}</h3>
      <label for="phone">{t.phone}</label>
      <p class="row">
        <input
          class="in"
          id="phone"
          type="tel"
          autocomplete="off"
          placeholder="51 900 555 014"
          value={phone}
          onInput={({ currentTarget }) => setPhone(currentTarget.value)}
        />
        <button class="b" type="submit" disabled={digits.length < 7 || !mayCommand.value}>
          {t.getCode}
        </button>
      </p>
    </form>
  );
};
const Elsewhere = ({ of: { orgId } }: { of: Pairing }) => {
  const t = words.value.customerLink;
  return (
    <div class="alt">
      <h3>{t.elsewhere}</h3>
      <p class="row">
        <button class="b" type="button" onClick={() => openCustomerLink(orgId)}>
          {t.open}
        </button>
      </p>
    </div>
  );
};
const Foot = ({ of: { orgId, endsAt, problem } }: { of: Pairing }) => {
  const t = words.value;
  return (
    <>
      <p class="row pair-foot">
        {endsAt !== undefined && <span class="dim">{t.why.pairing(shortTime(endsAt))}</span>}
        <button class="b q" type="button" onClick={() => void cancelPairing(orgId)}>
          {t.act['session.cancelPairing']}
        </button>
      </p>
      <Problem text={problem} />
    </>
  );
};

const ShowQr = ({ of: p }: { of: Pairing }) => {
  const t = words.value.pair;
  return (
    <div class="pd">
      <div>
        {p.secret && <Qr secret={p.secret} />}
        <p class="cap">{p.secret && t.newCode(countdown(p.secret.expiresAt, now.value))}</p>
      </div>
      <div>
        <Steps lines={[t.step1, t.step2, t.step3]} />
        <ByCode of={p} />
        <Elsewhere of={p} />
        <Foot of={p} />
      </div>
    </div>
  );
};
/** Letter by letter for a screen reader. */
const spelled = (code: string): string => code.split('').join(' ');
const ShowCode = ({ of: p }: { of: Pairing }) => {
  const t = words.value.pair;
  const text = p.secret?.text ?? '';
  const grouped = text.length === 8 ? `${text.slice(0, 4)}-${text.slice(4)}` : text;
  return (
    <div class="confirm">
      <p class="row">
        <span class="code">
          <span aria-hidden="true">{grouped}</span>
          <span class="vh">{spelled(text)}</span>
        </span>
        <CopyButton text={text} />
      </p>
      <Steps lines={[t.step1, t.step2, t.codeStep]} />
      <Foot of={p} />
    </div>
  );
};
const Stage = ({
  icon,
  tone,
  title,
  text,
}: {
  icon: IconName;
  tone: string;
  title: string;
  text?: string;
}) => (
  <div class="stage" role="status">
    <p class={`st c-${tone}`}>
      <Icon name={icon} />
      {title}
    </p>
    {text !== undefined && <p class="mid">{text}</p>}
  </div>
);
const Ended = ({ of: { orgId, end } }: { of: Pairing }) => {
  const t = words.value;
  const reason = end?.reason ?? null;
  const text =
    reason !== null && reason in t.reasons ? t.reasons[reason as keyof typeof t.reasons].summary : undefined;
  return (
    <div class="confirm">
      <Stage
        icon={end?.status === 'failed' ? 'bad' : 'stop'}
        tone={end?.status === 'failed' ? 'bad' : 'off'}
        title={t.pair.ends[end?.status ?? 'failed']}
        {...(text !== undefined && { text })}
      />
      <div class="row row-end">
        <button class="b p" type="button" disabled={!mayCommand.value} onClick={() => void pairByQr(orgId)}>
          {t.pair.again}
        </button>
      </div>
    </div>
  );
};
const Done = () => {
  useEffect(() => {
    const timer = setTimeout(closePairing, doneMs);
    return () => clearTimeout(timer);
  }, []);
  return <Stage icon="ok" tone="ok" title={words.value.pair.done} text={words.value.pair.doneText} />;
};

const Body = ({ of: p }: { of: Pairing }) => {
  const t = words.value.pair;
  switch (p.phase) {
    case 'asking':
      return <AskOrganization of={p} />;
    case 'link':
      return <CustomerLinkPart orgId={p.orgId} />;
    case 'starting':
      return <Stage icon="connecting" tone="pair" title={t.starting} />;
    case 'qr':
      return <ShowQr of={p} />;
    case 'code':
      return <ShowCode of={p} />;
    case 'action':
      return <Stage icon="pair" tone="pair" title={t.action} {...(p.action && { text: p.action })} />;
    case 'linking':
      return <Stage icon="verifying" tone="go" title={t.linking} text={t.linkingText} />;
    case 'done':
      return <Done />;
    case 'ended':
      return <Ended of={p} />;
  }
};

const titleOf = ({ phase }: Pairing, name: string): string => {
  const t = words.value;
  if (phase === 'link') return t.customerLink.title(name);
  return name === '' ? t.pair.titleNew : t.pair.title(name);
};

export const PairingDialog = () => {
  const p = pairing.value;
  if (p === undefined) return null;
  const t = words.value.pair;
  const one = byId.value.get(p.orgId);
  const expected = one?.number !== undefined && one.number !== '' && !p.isReplacing;
  const name = one?.name ?? p.orgId;
  return (
    <Dialog
      key={`${p.orgId} ${p.phase === 'asking' || p.phase === 'link' ? p.phase : ''}`}
      title={titleOf(p, name)}
      about={expected ? t.expected(one.number) : undefined}
      closing={t.close}
      onClose={closePairing}
    >
      <Body of={p} />
    </Dialog>
  );
};
