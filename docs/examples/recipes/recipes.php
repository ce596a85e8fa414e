<?php
// PHP 8.1 or newer, no extension
// VIGIA_KEY_FILE=auth_sessions/.vigia/first-key php recipes.php pair acme
declare(strict_types=1);

/** Its message is for people. */
class Refused extends Exception
{
    public function __construct(public readonly string $slug, string $message)
    {
        parent::__construct($message);
    }
}

function request(string $path, ?array $params = null): string
{
    $key = trim(file_get_contents(getenv('VIGIA_KEY_FILE')));
    $options = [
        'method' => $params === null ? 'GET' : 'POST',
        'header' => ["Authorization: Bearer $key", 'Content-Type: application/json'],
        'content' => $params === null ? '' : json_encode((object) $params),
        'timeout' => 10,
        'follow_location' => 0, // Vigía never redirects, and the key is for Vigía alone
        'ignore_errors' => true,
    ];
    $url = getenv('VIGIA_URL') ?: 'http://127.0.0.1:3000';
    $answer = file_get_contents($url . $path, false, stream_context_create(['http' => $options]));
    if ($answer === false) {
        throw new Refused('unreachable', 'Vigía does not answer.');
    }
    if (!str_contains($http_response_header[0], ' 200 ')) {
        $error = json_decode($answer, true)['error'];
        throw new Refused($error['code'], $error['message']);
    }
    return $answer;
}
function call(string $method, array $params = []): array
{
    return json_decode(request("/v1/$method", $params), true);
}

/** Keeps qr.svg up to date until the phone is linked. Show it to the person who holds the phone. */
function pair(string $org): void
{
    call('session.pair', ['orgId' => $org]);
    while (true) {
        $state = call('session.get', ['orgId' => $org])['session']['state'];
        if (!in_array($state, ['pairing', 'restoring'], true)) {
            echo "$org $state\n"; // connected; or idle, when no phone came in time
            return;
        }
        try {
            file_put_contents('qr.svg', request("/v1/pairing/$org/qr.svg"));
        } catch (Refused $refused) {
            if ($refused->slug !== 'not_found') { // the first QR has not come yet, or it was scanned
                throw $refused;
            }
        }
        sleep(1);
    }
}
function status(): void
{
    $cursor = [];
    do { // page by page
        $page = call('session.list', $cursor);
        foreach ($page['items'] as $session) {
            echo "{$session['orgId']} {$session['state']} ", $session['attention']['message'] ?? '', "\n";
        }
        $cursor = ['cursor' => $page['nextCursor']];
    } while ($page['nextCursor'] !== null);
}
/** The answer means accepted. The result arrives by webhook, or in `status`. */
function retry(string $org): void
{
    echo "$org ", call('session.retry', ['orgId' => $org])['session']['state'], "\n";
}
/** An address for the customer's own phone. It is a secret, and shown this one time. */
function link_for(string $org): void
{
    echo call('pairing.createLink', ['orgId' => $org, 'language' => 'es'])['url'], "\n";
}

try {
    $recipes = ['pair' => pair(...), 'status' => status(...), 'retry' => retry(...), 'link' => link_for(...)];
    $recipes[$argv[1]](...array_slice($argv, 2));
} catch (Refused $refused) {
    fwrite(STDERR, "$refused->slug: {$refused->getMessage()}\n");
    exit(1);
}
