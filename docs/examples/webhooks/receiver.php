<?php
// PHP 8.0 or newer, no extension
// WEBHOOK_SECRET=whsec_… php -S 127.0.0.1:8000 receiver.php
declare(strict_types=1);

/** Whether one of the secrets signed it, within the last five minutes. */
function is_signed(string $id, string $sentAt, string $signatures, string $body): bool
{
    if (!preg_match('/^[0-9]{1,12}$/D', $sentAt) || abs(time() - (int) $sentAt) > 300) {
        return false;
    }
    $fits = false;
    foreach (explode(',', getenv('WEBHOOK_SECRET')) as $secret) {
        $key = base64_decode(substr(trim($secret), strlen('whsec_')));
        $expected = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sentAt.$body", $key, true));
        foreach (explode(' ', $signatures) as $signature) {
            $fits = hash_equals($expected, $signature) || $fits;
        }
    }
    return $fits;
}

$body = file_get_contents('php://input'); // the bytes as received
$header = fn (string $name) => $_SERVER["HTTP_WEBHOOK_$name"] ?? '';
if (!is_signed($header('ID'), $header('TIMESTAMP'), $header('SIGNATURE'), $body)) {
    http_response_code(400);
    exit;
}
$event = json_decode($body, true, flags: JSON_THROW_ON_ERROR);
// In your database: a table whose key is the webhook-id, written in the transaction of the work.
$directory = getenv('SEEN') ?: 'seen-webhooks';
if (!is_dir($directory)) {
    mkdir($directory, 0700, true);
}
$seen = $directory . '/' . hash('sha256', $event['id']);
if (!file_exists($seen)) {
    error_log($event['type'] . ' ' . ($event['orgId'] ?? '-')); // the work; leave long work to a queue
    touch($seen);
}
http_response_code(204);
