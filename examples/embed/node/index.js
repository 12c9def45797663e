'use strict';
// LLM providers for Node: `for await (const event of client.stream(request, {signal}))`. The native part is addon.c.
const native = require('./gatelet.node');

const CHUNK = 1, END = 2, ANSWER = 3;
const operations = {
  chat: [1, 2], completion: [3, 4], embeddings: [5], models: [6], messages: [7, 8], responses: [9, 10],
};

/** So many unread events pause a stream, and it goes on when they have been read: a slow reader has the provider wait. */
const FULL = 256;

class GateletError extends Error {
  constructor({status, kind, message, json}) {
    super(message || kind);
    Object.assign(this, {name: 'GateletError', status, kind, json});
  }
}

function text(value) {
  return value === undefined || value === null || typeof value === 'string' ? value : JSON.stringify(value);
}

function attempt(call) {
  try {
    return call();
  } catch (error) {
    throw 'kind' in error ? new GateletError(error) : error;
  }
}

/** Clients with requests under way: nothing else may hold them while their readers wait. */
const busy = new Set();

class Client {
  #native;
  #requests = new Map(); // by tag: {events, ended, error, paused, wake}
  #lastTag = 0;
  #closed = false;

  /** config: an object or JSON (docs/configuration.md); nothing: defaults and environment only. */
  constructor(config) {
    const self = new WeakRef(this); // so that an idle client that nobody holds is collected
    this.#native = attempt(() => native.open(text(config), (...event) => self.deref()?.#hand(event)));
  }

  /** A streamed chat; `surface`: 'completion', 'messages' or 'responses' instead. Leaving the loop cancels it, and so does the signal. */
  async *stream(request, {surface = 'chat', options, signal} = {}) {
    yield* this.#events(operations[surface][1], request, options, signal);
  }

  /** A request that does not stream: its answer. */
  async call(surface, request, {options, signal} = {}) {
    let answer;
    for await (const event of this.#events(operations[surface][0], request, options, signal)) {
      if (event.kind === ANSWER) answer = JSON.parse(event.json);
    }
    return answer;
  }

  chat(request, more) {
    return this.call('chat', request, more);
  }

  /** Ends what is under way, with an error of the kind `closed`. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    native.close(this.#native);
    for (const [tag, it] of this.#requests) this.#finish(tag, it, closed());
  }

  async *#events(operation, request, options, signal) {
    if (this.#closed) throw closed();
    signal?.throwIfAborted();
    const tag = ++this.#lastTag, it = {events: [], ended: false, paused: false, wake: null};
    attempt(() => native.submit(this.#native, operation, text(request), text(options), tag));
    this.#requests.set(tag, it);
    busy.add(this);
    const leave = error => {
      if (it.ended) return;
      this.#finish(tag, it, error);
      native.cancel(this.#native, tag);
    };
    const abort = () => leave(signal.reason);
    signal?.addEventListener('abort', abort);
    try {
      while (true) {
        const events = it.events;
        it.events = [];
        if (it.paused) native.resume(this.#native, tag);
        it.paused = false;
        for (const event of events) {
          signal?.throwIfAborted();
          yield event;
        }
        if (it.events.length > 0) continue;
        if (it.ended) break;
        await new Promise(resolve => { it.wake = resolve; });
      }
      if (it.error) throw it.error;
    } finally {
      signal?.removeEventListener('abort', abort);
      leave();
    }
  }

  /** One event of the library. */
  #hand([tag, kind, status, json, content, reasoning, name]) {
    const it = this.#requests.get(tag);
    if (!it) return; // its reader has left
    if (kind === END) return this.#finish(tag, it, status === 0 ? undefined : new GateletError({...JSON.parse(json).error, status, json}));
    it.events.push({kind, json, text: content, reasoning, name});
    if (it.events.length >= FULL && !it.paused) {
      it.paused = true;
      native.pause(this.#native, tag);
    }
    it.wake?.();
  }

  #finish(tag, it, error) {
    Object.assign(it, {ended: true, error});
    it.wake?.();
    this.#requests.delete(tag);
    if (this.#requests.size === 0) busy.delete(this);
  }
}

function closed() {
  return new GateletError({status: 108, kind: 'closed'});
}

module.exports = {Client, GateletError, CHUNK, ANSWER};
