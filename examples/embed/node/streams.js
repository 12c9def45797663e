// Many streams at once, one of them left in the middle: node streams.js [how many] [which to leave]
const {Client} = require('./index.js');

const [count, left] = [process.argv[2] ?? 100, process.argv[3] ?? 42].map(Number);
const client = new Client(); // the environment decides who answers

async function read(number) {
  const request = {model: 'openai/gpt-4o-mini', messages: [{role: 'user', content: `stream ${number}`}]};
  let all = '';
  for await (const {text} of client.stream(request)) {
    all += text;
    if (number === left && all) return `${number} cancelled ${all}`;
  }
  return `${number} ok ${all}`;
}

// Node ends by itself when no request is open.
Promise.all(Array.from({length: count}, (_, number) => read(number))).then(lines => console.log(lines.join('\n')));
