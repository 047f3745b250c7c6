// Starts fake_gateway and talks to it in lines of JSON.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {createInterface} from 'node:readline';

export class FakeGateway {
    static async start(args = []) {
        const program = process.env.FAKE_GATEWAY;
        assert.ok(program, 'FAKE_GATEWAY names the program');
        const gateway = new FakeGateway(spawn(program, args, {stdio: ['pipe', 'pipe', 'inherit']}));
        gateway.port = (await gateway.next('port')).port;
        gateway.url = `${args.includes('--cert') ? 'https' : 'http'}://127.0.0.1:${gateway.port}/`;
        return gateway;
    }

    constructor(child) {
        this.child = child;
        this.lines = [];
        this.waiting = [];
        createInterface({input: child.stdout}).on('line', (line) => {
            this.lines.push(JSON.parse(line));
            this.match();
        });
    }

    match() {
        this.waiting = this.waiting.filter(({word, resolve}) => {
            const at = this.lines.findIndex((line) => word in line);
            if (at < 0) return true;
            resolve(this.lines.splice(at, 1)[0]);
            return false;
        });
    }

    /** The next line that has `word`, also one that already came. */
    next(word, timeoutMs = 10_000) {
        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => reject(new Error(`the gateway said nothing of "${word}"`)), timeoutMs);
            this.waiting.push({word, resolve: (line) => (clearTimeout(timer), resolve(line))});
            this.match();
        });
    }

    tell(line) {
        this.child.stdin.write(`${JSON.stringify(line)}\n`);
    }

    async stop() {
        const gone = once(this.child, 'exit');
        this.child.stdin.end();
        await gone;
    }
}
