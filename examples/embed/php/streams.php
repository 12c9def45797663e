<?php
declare(strict_types=1);

// Many streams at once, one of them cancelled in the middle: php streams.php [how many] [which to cancel]
require __DIR__ . '/Gatelet.php';

[$count, $cancelled] = [(int) ($argv[1] ?? 100), (int) ($argv[2] ?? 42)];
$requests = array_map(fn($number) => ['model' => 'openai/gpt-4o-mini', 'messages' => [['role' => 'user', 'content' => "stream $number"]]],
                      range(0, $count - 1));
$client = new Gatelet\Client(); // the environment decides who answers
$texts = array_fill(0, $count, '');
for ($events = $client->streams($requests); $events->valid(); $events->send($more)) {
    [$number, $event] = [$events->key(), $events->current()];
    $texts[$number] .= $event->text;
    $more = !($number === $cancelled && $texts[$number] !== '');
    if ($event->kind === Gatelet\Event::END) echo "$number $event->outcome $texts[$number]\n";
}
