/** The section about HTTP in `docs/integrators/PROTOCOL.md`. */
import { protocol } from '../../src/protocol/registry.ts';

export const httpSection = (): string => `## HTTP

Every method except \`initialize\`, \`subscribe\` and \`unsubscribe\` is also a plain request: \`POST
${protocol.path}/{method}\` with \`Authorization: Bearer …\` and \`Content-Type: application/json\`. The
body is the params, and may be absent where none is required. The answer is the result alone. An error is
\`{"error":{"code","message",…}}\`: \`code\` is the slug, its details stand beside it, and the [table of
errors](#errors) has the status.

\`\`\`sh
curl -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"orgId":"acme"}' \\
  http://127.0.0.1:3000${protocol.path}/session.get
\`\`\`

[METHODS.md](METHODS.md) has an example of every method, and the fields of a Session.
[RECIPES.md](RECIPES.md) has whole programs for curl, Python, PHP and n8n.

\`GET ${protocol.path}/pairing/{orgId}/qr.svg\` draws the QR of the running pairing, and \`qr.txt\` draws
it for a dark terminal. Without an ending, \`Accept\` chooses. The scope is \`sessions:pair\`. A QR lasts
20 to 60 seconds: \`Expires\` and \`Retry-After\` say when to fetch the next one. The answer is 404 with a
sentence when no pairing runs, when it uses a code, and before the first QR has come. An \`<img>\` sends
no key: fetch the picture in your backend, and pass it on to the one person who may link a phone.

\`POST ${protocol.rpcPath}\` takes one JSON-RPC request in the same way. It answers 200 with the JSON-RPC
answer, also when that is an error. Before a request is read, both answer these statuses:

| status | when |
|---|---|
| 400 | the address contains a key |
| 401 | no key, or an invalid one |
| 403 | Host or Origin not allowed |
| 405, 415 | not POST; not JSON in UTF-8, or compressed |
| 413 | larger than \`maxMessageBytes\` |
| 429 | too many wrong keys from this address; \`Retry-After\` has the seconds |

\`POST ${protocol.loginPath}/code\` with a key answers \`{"code","expiresAt"}\`. \`POST
${protocol.loginPath}\` with \`{"code"}\` and without a key answers \`{"apiKey"}\`: the same key, once,
within a minute. So a person logs in to the page without copying a key (\`vigia open\`). Treat the code as
the key.

They answer \`{"error":{"code","message"}}\`, as does a refused upgrade (400, 401, 403, 404, 429, 503).
There is no CORS: pages of other origins use the WebSocket. \`GET /livez\` says without a key whether the
server is alive.

## Pairing links

\`pairing.createLink\` makes an address for the customer, whose own phone or PC opens it without a key. Send
it to this one customer: who has it can link a phone to this organization until it ends. The page shows
what to do, the QR or the code, and how it ended.

- The secret has 256 bits and is in the fragment of the address, which browsers send to no server. Vigía
  stores its digest alone, in \`.vigia/links.json\`.
- A link ends when the phone is connected, when it expires (a day by default, a week at most), when
  \`pairing.revokeLink\` ends it, or after ten starts. The pairing that it started ends with it.
- One page holds a link. A second page is refused until the first has been silent for half a minute.
- \`pairing.linkEnded\` says how it ended, to subscribers of \`pairing\` and to webhooks. A phone of another
  number than before still ends in \`wrong_account\`; the link stays open for the right phone.
- \`PUBLIC_URL\` is the address that customers reach. A proxy must pass on \`/link\`, \`/assets/\` and
  \`/v1/link/\`. \`LINK_FRAME_ANCESTORS\` names the sites that may show the page in a frame.`;
