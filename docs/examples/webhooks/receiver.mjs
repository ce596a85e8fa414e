// npm install standardwebhooks
// WEBHOOK_SECRET=whsec_… PORT=8000 node receiver.mjs
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

const { WEBHOOK_SECRET = '', PORT = '8000', SEEN = 'seen-webhooks' } = process.env;
mkdirSync(SEEN, { recursive: true });

/** The event. Throws when no secret fits, or when the signature is more than five minutes old. */
const verified = (body, headers) => {
  const refusals = [];
  for (const secret of WEBHOOK_SECRET.split(',')) {
    try {
      return new Webhook(secret).verify(body, headers);
    } catch (refusal) {
      refusals.push(refusal); // another secret may fit, while one replaces the other
    }
  }
  throw refusals[0];
};

/** The status to answer with. What it throws becomes 500, and Vigía sends the event again. */
const receive = async (request) => {
  const body = await text(request); // as received
  let event;
  try {
    event = verified(body, request.headers);
  } catch {
    return 400;
  }
  // In your database: a table whose key is the webhook-id, written in the transaction of the work.
  const seen = `${SEEN}/${createHash('sha256').update(event.id).digest('hex')}`;
  if (existsSync(seen)) return 204;
  console.log(event.type, event.orgId ?? '-'); // the work; leave long work to a queue
  writeFileSync(seen, '');
  return 204;
};

const server = createServer((request, response) => {
  const answer = (status) => response.writeHead(status).end();
  receive(request).then(answer, () => answer(500));
});
server.listen(Number(PORT), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/`));
