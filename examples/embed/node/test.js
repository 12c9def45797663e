// node --expose-gc --test test.js
const test = require('node:test');
const assert = require('node:assert');
const {Worker} = require('node:worker_threads');
const {Client} = require('./index.js');

const hello = {model: 'openai/gpt-4o-mini', messages: [{role: 'user', content: 'hello'}]};
const dev = settings => new Client({dev_mode: true, providers: {dev: settings}});
const silent = {faults: {stall_at_chunk: 3}};

test('answers and errors', async () => {
  const client = dev({});
  assert.match((await client.chat(hello)).choices[0].message.content, /^You said: hello\./);
  await assert.rejects(client.chat('{'), {name: 'GateletError', kind: 'json', status: 102});
  await assert.rejects(dev({faults: 400}).chat(hello), {kind: 'bad_request'});
  assert.throws(() => new Client({unknown: 1}), {kind: 'config'});
});

test('a signal ends a stream in its silence', async () => {
  const client = dev(silent), leaving = new AbortController();
  await assert.rejects(async () => {
    for await (const event of client.stream(hello, {signal: leaving.signal})) if (event.text) setImmediate(() => leaving.abort());
  }, {name: 'AbortError'});
  await assert.rejects(client.chat(hello, {signal: leaving.signal}), {name: 'AbortError'});
});

test('close ends what is open', async () => {
  const client = dev(silent);
  await assert.rejects(async () => {
    for await (const event of client.stream(hello)) if (event.text) setImmediate(() => client.close());
  }, {kind: 'closed'});
  await assert.rejects(client.chat(hello), {kind: 'closed'});
});

test('slow readers lose nothing', async () => {
  let chunks = 0;
  const many = {model: 'openai/gpt-4o-mini', n: 4, prompt: [...'abcdefgh']};
  for await (const _ of dev({token_delay: 0}).stream(many, {surface: 'completion'})) {
    if (chunks++ === 0) await new Promise(resolve => setTimeout(resolve, 200));
  }
  assert.ok(chunks > 512, String(chunks));
});

test('what a reader throws is its own', async () => {
  await assert.rejects(async () => {
    for await (const _ of dev({}).stream(hello)) throw new RangeError('mine');
  }, RangeError);
});

test('idle clients are collected', async () => {
  let found = 0;
  const registry = new FinalizationRegistry(() => { found++; });
  for (let i = 0; i < 10; i++) {
    const client = dev({});
    registry.register(client);
    await client.chat(hello);
  }
  for (let i = 0; i < 100 && found < 9; i++) {
    global.gc();
    await new Promise(resolve => setTimeout(resolve, 20));
  }
  assert.ok(found >= 9, String(found));
});

test('a worker that ends takes its client with it', async () => {
  const code = `const {Client} = require(${JSON.stringify(require.resolve('./index.js'))});
    const client = new Client({dev_mode: true, providers: {dev: ${JSON.stringify(silent)}}});
    (async () => { for await (const _ of client.stream(${JSON.stringify(hello)})) process.nextTick(() => process.exit(7)); })();`;
  const worker = new Worker(code, {eval: true});
  assert.strictEqual(await new Promise(resolve => worker.on('exit', resolve)), 7);
});
