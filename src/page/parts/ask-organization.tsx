/** Asks for the id of a new organization, before its phone is linked. */
import { useState } from 'preact/hooks';
import { words } from '../i18n/words.ts';
import { mayCommand } from '../state/link.ts';
import { openCustomerLink, type Pairing, pairByQr } from '../state/pairing.ts';
import { Problem } from './problem.tsx';

export const AskOrganization = ({ of: p }: { of: Pairing }) => {
  const t = words.value.pair;
  const [id, setId] = useState(p.orgId);
  return (
    <form
      class="confirm"
      onSubmit={(event) => {
        event.preventDefault();
        void pairByQr(id.trim());
      }}
    >
      <div class="f">
        <label for="new-org">{t.id}</label>
        <input
          class="in mono"
          id="new-org"
          type="text"
          autocomplete="off"
          spellcheck={false}
          placeholder="clinica-san-rafael"
          value={id}
          onInput={({ currentTarget }) => setId(currentTarget.value)}
        />
        <p class="dim">{t.idAbout}</p>
      </div>
      <Problem text={p.problem} />
      <div class="row row-end">
        <button
          class="b"
          type="button"
          disabled={id.trim() === '' || !mayCommand.value}
          onClick={() => openCustomerLink(id.trim())}
        >
          {words.value.customerLink.open}
        </button>
        <button class="b p" type="submit" disabled={id.trim() === '' || !mayCommand.value}>
          {t.begin}
        </button>
      </div>
    </form>
  );
};
