/*
 * Puts a key on every request, for checkers that can't: `bun mcp-auth-proxy.ts PORT`, with TARGET and MCP_KEY set.
 * Host, Origin, method, body and streaming pass through unchanged. Prints the port it listens on.
 */
import http from 'node:http';

const target = new URL(process.env.TARGET ?? '');
const authorization = `Bearer ${process.env.MCP_KEY}`;

const proxy = http.createServer((request, response) => {
  const { method, url: path } = request;
  const headers = { ...request.headers, authorization };
  const forward = http.request({ host: target.hostname, port: target.port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  forward.on('error', () => {
    response.writeHead(502);
    response.end();
  });
  request.pipe(forward);
});
proxy.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  const address = proxy.address();
  console.log(JSON.stringify({ port: typeof address === 'object' ? address?.port : 0 }));
});
