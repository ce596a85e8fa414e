/** The part of `docs/operators/OPERATING.md` about commands that need no server. */
import { type Code, textOf, texts } from '../../src/doctor/codes.ts';

const codes = Object.keys(texts) as Code[];
const rows = codes.map((code) => {
  const { level, about, means, action } = textOf(code);
  return `| \`${code}\` | ${level} | ${about} | ${means} | ${action} |`;
});

export const offlineSection = (): string => `## Is everything as it should be?

\`vigia doctor\` looks at the directory of the sessions and at this machine, and changes nothing: it may be run beside a server, and
on a directory that Vigía never touched. For each organization it says what the next scan does with it, by asking the code that
scans. It ends with 1 when a line is \`fail\`; \`--json\` has everything, with these codes:

| code | level | about | what it means | what you do |
|---|---|---|---|---|
${rows.join('\n')}

Of each organization the first 64 key files are looked at for modes and owners, not all. Beside a running server the lines are a
moment's picture: a session that is writing may show as \`unsettled\`. Run it as the user that runs Vigía: another one sees other
permissions.

\`vigia config\` shows what takes effect and where each value comes from, secrets as \`[set]\`; \`vigia config --check\` ends with 2
when the server would not start. \`vigia healthcheck\` asks \`/livez\` on HOST and PORT and ends with 0 or 1:
\`HEALTHCHECK CMD ["node", "dist/src/cli/main.js", "healthcheck"]\`.

## Moving an organization to another server

1. On the old server: \`vigia stop 2\` (or stop the server), then \`vigia export 2 --out 2.bundle\`. It is refused while the session may
   run: a copy of credentials that are in use is worth nothing.
2. Copy the file. **It holds the credentials**: whoever has it has the account. It is made with mode 0600.
3. On the new server: \`vigia import 2.bundle\`. A server that runs takes it up by itself; \`--org\` gives it another name.
4. Do not start it on the old server again: two logins of one device throw each other out. \`vigia logout\` there would unlink the
   device for both; move the old directory out instead.

In one line: \`vigia export 2 | ssh new vigia import -\`. A bundle is checked byte by byte before anything is touched. What lies in the
place already is archived, never deleted; and it is only replaced without \`--force\` by a newer copy of the same device. A copy is
older when one of the counters in its \`creds.json\` is behind, when it was connected earlier, or when its files were changed earlier.
An import leaves the record alone: what was stopped stays stopped. One that was killed is finished by the next scan, or leaves
everything as it was: run it again.

From and to plain Baileys nothing needs to be exported: the directories are the same.
`;
