// Live video as fragmented MP4 over HTTP, for browsers that WebRTC's packets do not reach: behind a proxy, without UDP.

import {ApiError, devicePath, request} from './api.js';
import type {LiveState} from './whep.js';

const BEHIND_S = 4; // further behind than that: on to what is new
const KEEP_S = 20; // of what was shown
const RETRY_MS = 3_000;
const WORD = 'Without WebRTC, with some seconds of delay.';

export class MsePlayer {
    private controller: AbortController | null = null;
    private retryTimer = 0;
    private url = '';

    constructor(
        private readonly video: HTMLVideoElement,
        private readonly device: string,
        private readonly stream: string,
        private readonly tell: (state: LiveState) => void,
    ) {}

    static isPossible(): boolean {
        return typeof MediaSource !== 'undefined';
    }

    start(): void {
        void this.open();
    }

    stop(): void {
        window.clearTimeout(this.retryTimer);
        this.controller?.abort();
        this.controller = null;
        this.video.removeAttribute('src');
        this.video.load();
        URL.revokeObjectURL(this.url);
    }

    revive(): void {
        this.stop();
        this.start();
    }

    private async open(): Promise<void> {
        const controller = new AbortController();
        this.controller = controller;
        try {
            const response = await request(devicePath(this.device, `/live.mp4?stream=${encodeURIComponent(this.stream)}`), {signal: controller.signal});
            const type = response.headers.get('Content-Type') ?? '';
            if (!MediaSource.isTypeSupported(type)) throw new ApiError(406, 'unsupported', `This browser does not play ${type}.`);
            await this.play(response.body!.getReader(), type);
            throw new ApiError(0, 'ended', 'The video ended.');
        } catch (error) {
            if (controller.signal.aborted) return;
            const cause = error instanceof ApiError ? error : new ApiError(0, 'browser', String(error));
            const final = cause.status === 404 || cause.status === 406;
            this.tell({phase: final ? 'failed' : 'waiting', message: cause.message, hint: cause.hint});
            if (!final) this.retryTimer = window.setTimeout(() => this.revive(), RETRY_MS);
        }
    }

    private async play(reader: ReadableStreamDefaultReader<Uint8Array>, type: string): Promise<void> {
        const source = new MediaSource();
        this.url = URL.createObjectURL(source);
        this.video.srcObject = null;
        this.video.src = this.url;
        await new Promise((resolve) => source.addEventListener('sourceopen', resolve, {once: true}));
        const buffer = source.addSourceBuffer(type);
        const appended = (): Promise<unknown> => new Promise((resolve) => buffer.addEventListener('updateend', resolve, {once: true}));
        void this.video.play().catch(() => {});
        let told = false;
        for (;;) {
            const {done, value} = await reader.read();
            if (done || source.readyState !== 'open') return;
            buffer.appendBuffer(value as BufferSource);
            await appended();
            if (!buffer.buffered.length) continue;
            this.keepUp(buffer.buffered.start(buffer.buffered.length - 1), buffer.buffered.end(buffer.buffered.length - 1));
            if (!told && this.video.videoWidth > 0) {
                told = true;
                this.tell({phase: 'playing', message: '', hint: WORD});
            }
            if (this.video.currentTime - buffer.buffered.start(0) > 2 * KEEP_S) {
                buffer.remove(0, this.video.currentTime - KEEP_S);
                await appended();
            }
        }
    }

    /** The newest is what matters. */
    private keepUp(begin: number, end: number): void {
        if (this.video.currentTime < begin || end - this.video.currentTime > BEHIND_S) this.video.currentTime = Math.max(begin, end - 0.5);
    }
}
