// Server-sent events read by hand: EventSource hides heartbeats, and so never notices a connection that died while a
// phone slept. A page nobody looks at gives its connection back: browsers allow six to one server, over all their tabs.

import {request} from './api.js';

const SILENCE_LIMIT_MS = 35_000; // the gateway says something every 15 s
const HIDDEN_LIMIT_MS = 60_000;
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 4_000;

export interface EventListenerSet {
    opened(): void;
    lost(): void;
    event(name: string, data: unknown): void;
}

export class EventReader {
    private abort = new AbortController();
    private lastHeard = 0;
    private retryMs = RETRY_FIRST_MS;
    private wake: (() => void) | null = null;
    private hiddenTimer = 0;

    constructor(
        private readonly path: string,
        private readonly listener: EventListenerSet,
    ) {
        document.addEventListener('visibilitychange', () => {
            window.clearTimeout(this.hiddenTimer);
            if (document.hidden) this.hiddenTimer = window.setTimeout(() => this.abort.abort(), HIDDEN_LIMIT_MS);
            else this.check();
        });
        window.addEventListener('online', () => this.check());
        window.setInterval(() => this.check(), 5_000);
        void this.run();
    }

    /** Ends a reading that has been silent too long; ends a wait between two tries. */
    private check(): void {
        if (document.hidden) return;
        if (this.wake) this.wake();
        else if (performance.now() - this.lastHeard > SILENCE_LIMIT_MS) this.abort.abort();
    }

    private async run(): Promise<never> {
        for (;;) {
            try {
                await this.read();
            } catch {
                // Why does not matter: what to do is the same.
            }
            if (!document.hidden) this.listener.lost();
            await new Promise<void>((resolve) => {
                this.wake = resolve;
                if (!document.hidden) window.setTimeout(resolve, this.retryMs);
            });
            this.wake = null;
            this.retryMs = Math.min(this.retryMs * 2, RETRY_LAST_MS);
        }
    }

    private async read(): Promise<void> {
        this.abort = new AbortController();
        this.lastHeard = performance.now();
        const response = await request(this.path, {signal: this.abort.signal, headers: {Accept: 'text/event-stream'}});
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        this.listener.opened();
        this.retryMs = RETRY_FIRST_MS;
        let rest = '';
        for (;;) {
            const {done, value} = await reader.read();
            if (done) return;
            this.lastHeard = performance.now();
            const frames = (rest + value).split('\n\n');
            rest = frames.pop()!;
            for (const frame of frames) this.take(frame);
        }
    }

    private take(frame: string): void {
        let name = 'message';
        let data = '';
        for (const line of frame.split('\n')) {
            if (line.startsWith('event: ')) name = line.slice(7);
            if (line.startsWith('data: ')) data += line.slice(6);
        }
        if (data) this.listener.event(name, JSON.parse(data));
    }
}
