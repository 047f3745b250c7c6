// What Home Assistant's ingress does: serves another server under a path of its own.

import {createServer, request} from 'node:http';
import {once} from 'node:events';

/** Returns {url, close}. Requests outside the prefix get 404. */
export async function startPrefixProxy(targetPort, prefix) {
    const server = createServer((incoming, outgoing) => {
        if (!incoming.url.startsWith(`${prefix}/`)) {
            outgoing.writeHead(404).end();
            return;
        }
        const headers = {...incoming.headers, 'x-ingress-path': prefix};
        const options = {host: '127.0.0.1', port: targetPort, method: incoming.method, path: incoming.url.slice(prefix.length), headers};
        const inner = request(options, (answer) => {
            outgoing.writeHead(answer.statusCode, answer.headers);
            answer.pipe(outgoing);
        });
        inner.on('error', () => outgoing.destroy());
        outgoing.on('close', () => inner.destroy());
        incoming.pipe(inner);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return {
        url: `http://127.0.0.1:${server.address().port}${prefix}/`,
        close: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}
