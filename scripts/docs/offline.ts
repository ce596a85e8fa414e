/** The part of `docs/operators/OPERATING.md` about commands that need no server. */
import { type Code, textOf, texts } from '../../src/doctor/codes.ts';

const codes = Object.keys(texts) as Code[];
const rows = codes.map((code) => {
  const { level, about, means, action } = textOf(code);
  return `| \`${code}\` | ${level} | ${about} | ${means} | ${action} |`;
});

export const offlineSection = (): string => `## Doctor

\`vigia doctor\` checks the directory of the sessions and this machine, and changes nothing. You may run it beside a server, and on a directory
that Vigía never used. For each organization it reports what the next scan will do, with the code of the scan itself. The exit code is 1 when
a line is \`fail\`. \`--json\` prints everything, with these codes:

| code | level | about | what it means | what you do |
|---|---|---|---|---|
${rows.join('\n')}

It checks modes and owners of the first 64 key files of an organization, not of all. Beside a running server, a session that is writing may
show as \`unsettled\`. Run it as the user that runs Vigía: another user has other permissions.

\`vigia config\` shows each effective value and its source, with secrets as \`[set]\`. \`vigia config --check\` exits with 2 when the server would not
start. \`vigia healthcheck\` requests \`/livez\` on HOST and PORT and exits with 0 or 1:
\`HEALTHCHECK CMD ["node", "dist/src/cli/main.js", "healthcheck"]\`.

## Moving an organization to another server

1. On the old server: \`vigia stop 2\` (or stop the server), then \`vigia export 2 --out 2.bundle\`. The export is refused while the session may run,
   because a copy of credentials in use is worthless.
2. Copy the file. **It holds the credentials, and with them the account.** Its mode is 0600.
3. On the new server: \`vigia import 2.bundle\`. A running server adopts it by itself. \`--org\` gives it another name.
4. Do not start it on the old server again: two logins of one device throw each other out. \`vigia logout\` there would unlink the device for
   both servers. Move the old directory out instead.

In one line: \`vigia export 2 | ssh new vigia import -\`.

A bundle is verified completely before anything changes. An existing directory is archived, never deleted. Without \`--force\` only a newer copy of
the same device replaces it. A copy is older when a counter in its \`creds.json\` is behind, when it was connected earlier, or when its files were
changed earlier. An import does not change the record: a stopped organization stays stopped. An import that was killed is completed by the
next scan, or changed nothing: run it again.

Plain Baileys needs no export in either direction: the directories are the same.
`;
