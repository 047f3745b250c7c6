// Plays a recording while the gateway still fetches it from the camera's card; one can jump within what has come.

import {ApiError, address, request} from './api.js';

const KEEP_S = 30; // of what was played, when the browser has no room for more

export class RecordingPlayer {
    private readonly controller = new AbortController();
    private source = '';
    private waited = false;

    /** path: of the MP4 file. seconds: its length, as the camera lists it. */
    constructor(
        private readonly video: HTMLVideoElement,
        private readonly path: string,
        private readonly seconds: number,
        private readonly tell: (problem: string) => void,
    ) {}

    start(): void {
        // Without a media source the whole file is waited for.
        if (typeof MediaSource === 'undefined') this.fromFile(0);
        else void this.open();
    }

    stop(): void {
        this.controller.abort();
        this.video.removeAttribute('src');
        this.video.load();
        URL.revokeObjectURL(this.source);
    }

    private fromFile(time: number): void {
        this.controller.abort();
        this.video.src = address(this.path);
        this.video.currentTime = time;
    }

    private async open(): Promise<void> {
        const {signal} = this.controller;
        try {
            const response = await request(`${this.path}?progressive=1`, {signal});
            const type = response.headers.get('Content-Type') ?? '';
            // It is there already, and pieces of it can be asked for; or the browser wants to try by itself.
            if (response.headers.get('Accept-Ranges') === 'bytes' || !MediaSource.isTypeSupported(type)) return this.fromFile(0);
            await this.play(response.body!.getReader(), type);
        } catch (error) {
            if (signal.aborted) return;
            // The browser was full and read nothing for long, so the connection was given up: the rest is played from the file.
            if (this.waited && !(error instanceof ApiError)) return this.fromFile(this.video.currentTime);
            if (error instanceof ApiError) this.tell(`${error.message} ${error.hint}`.trim());
            else this.tell(`The recording broke off: ${error instanceof Error ? error.message : String(error)}. Play it again to go on.`);
        }
    }

    private async play(reader: ReadableStreamDefaultReader<Uint8Array>, type: string): Promise<void> {
        const source = new MediaSource();
        this.source = URL.createObjectURL(source);
        this.video.src = this.source;
        await new Promise((resolve) => source.addEventListener('sourceopen', resolve, {once: true}));
        const buffer = source.addSourceBuffer(type);
        if (this.seconds > 0) source.duration = this.seconds;
        this.video.addEventListener('seeking', () => {
            const begin = buffer.buffered.length ? buffer.buffered.start(0) : 0;
            if (this.video.currentTime < begin - 0.5) this.fromFile(this.video.currentTime); // it had to be dropped
        }, {signal: this.controller.signal});
        for (;;) {
            const {done, value} = await reader.read();
            if (source.readyState !== 'open') return;
            if (done) return source.endOfStream();
            await this.append(buffer, value);
        }
    }

    private async append(buffer: SourceBuffer, piece: Uint8Array): Promise<void> {
        const {signal} = this.controller;
        const done = (): Promise<unknown> => new Promise((resolve) => buffer.addEventListener('updateend', resolve, {once: true}));
        while (!signal.aborted) {
            try {
                buffer.appendBuffer(piece as BufferSource);
                await done();
                return;
            } catch (error) {
                if (!(error instanceof DOMException) || error.name !== 'QuotaExceededError') throw error;
            }
            const end = this.video.currentTime - KEEP_S;
            if (buffer.buffered.length && buffer.buffered.start(0) < end) {
                buffer.remove(0, end);
                await done();
            } else {
                this.waited = true;
                await new Promise((resolve) => setTimeout(resolve, 500));
            }
        }
    }
}
