<?php
declare(strict_types=1);

// What the example does not show: php check.php ends with 0 when all of it holds.
require __DIR__ . '/Gatelet.php';

use Gatelet\{Client, Event, Failure};

function check(bool $holds, string $what): void
{
    echo $holds ? "holds: $what\n" : "does not hold: $what\n";
    if (!$holds) exit(1);
}

function kind(callable $attempt): string
{
    try {
        $attempt();
        return 'ok';
    } catch (Failure $failure) {
        return $failure->kind;
    }
}

$hello = ['model' => 'openai/gpt-4o-mini', 'messages' => [['role' => 'user', 'content' => 'hello']]];
$dev = fn(array $settings) => new Client(['dev_mode' => true, 'providers' => ['dev' => (object) $settings]]);

$client = $dev([]);
check(str_contains($client->call(Client::CHAT, $hello)['choices'][0]['message']['content'], 'You said: hello.'), 'a chat is answered');
check(kind(fn() => $client->call(99, $hello)) === 'argument', 'a bad operation is an error');
check(kind(fn() => new Client(['unknown' => 1])) === 'config', 'so is a bad configuration');
check(kind(fn() => $dev(['faults' => 400])->call(Client::CHAT, $hello)) === 'bad_request', 'so is what a provider refuses');

$silent = $dev(['faults' => ['stall_at_chunk' => 3]]);
foreach ($silent->stream($hello) as $event) break;
check(true, 'a stream is left in the middle');
[$first, $second] = [$client->stream($hello), $client->stream($hello)];
$texts = ['', ''];
foreach ([$first, $second] as $which => $stream) foreach ($stream as $event) $texts[$which] .= $event->text;
check($texts[0] === $texts[1] && str_ends_with($texts[0], 'network.'), 'two streams of one client do not disturb each other');

// A provider that begins an answer and then waits for its reader to go.
$provider = <<<'PHP'
    $server = stream_socket_server('tcp://127.0.0.1:0');
    echo stream_socket_get_name($server, false), "\n";
    $reader = stream_socket_accept($server);
    while (trim(fgets($reader)) !== '');
    fwrite($reader, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n");
    while (!feof($reader)) fread($reader, 8192);
    echo "gone\n";
    PHP;
$process = proc_open([PHP_BINARY, '-r', $provider], [1 => ['pipe', 'w']], $pipes);
$address = trim(fgets($pipes[1]));
$client = new Client(['dev_mode' => false, 'providers' => ['own' => ['base_url' => "http://$address/v1", 'api_key' => 'k']]]);
foreach ($client->stream(['model' => 'own/m'] + $hello) as $event) if ($event->text === 'Hi') break;
[$readable, $none] = [[$pipes[1]], null];
check(stream_select($readable, $none, $none, 30) === 1 && fgets($pipes[1]) === "gone\n", 'leaving a stream closes its connection at once');
proc_close($process);
