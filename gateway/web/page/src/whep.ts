// Live video over WebRTC, opened by one HTTP request (WHEP). Keeps trying while trying makes sense, and says why not.

import {ApiError, address, devicePath, request} from './api.js';

export type LivePhase = 'connecting' | 'playing' | 'waiting' | 'failed';

export interface LiveState {
    phase: LivePhase;
    message: string;
    hint: string;
}

const RETRY_MS = [1_500, 3_000, 6_000, 12_000];
const STALL_SHOWN_MS = 4_000;
const STALL_RECONNECT_MS = 15_000;
const CONNECT_LIMIT_MS = 20_000;
const UNREACHABLE_MS = 7_000; // after the answer; where packets pass, it takes a fraction of a second
/** Trying again changes nothing: no such device or stream, no common codec, broken offer. */
const FINAL = new Set([404, 405, 406, 415, 422]);

export class WhepPlayer {
    private peer: RTCPeerConnection | null = null;
    private session = '';
    private attempt = 0;
    private generation = 0; // of the current try; late answers of older ones are dropped
    private retryTimer = 0;
    private watchTimer = 0;
    private lastFrame = 0;
    private everSeen = false;
    private startedAt = 0;

    constructor(
        private readonly video: HTMLVideoElement,
        private readonly device: string,
        private readonly stream: string,
        private readonly tell: (state: LiveState) => void,
        /** The gateway answers, but no picture ever reached this browser. */
        private readonly unreachable: () => void = () => {},
    ) {}

    start(): void {
        this.attempt = 0;
        window.addEventListener('pagehide', this.stopping);
        void this.open();
    }

    stop(): void {
        window.removeEventListener('pagehide', this.stopping);
        this.close();
    }

    /** After the gateway came back: goes on when pictures still arrive, else starts again at once. */
    revive(): void {
        if (performance.now() - this.lastFrame < 2_000) return;
        this.attempt = 0;
        void this.open();
    }

    private readonly stopping = (): void => this.close();

    private close(): void {
        ++this.generation;
        window.clearTimeout(this.retryTimer);
        window.clearInterval(this.watchTimer);
        this.peer?.close();
        this.peer = null;
        this.video.srcObject = null;
        if (this.session) void fetch(address(devicePath(this.device, `/whep/${this.session}`)), {method: 'DELETE', keepalive: true}).catch(() => {});
        this.session = '';
    }

    private async open(): Promise<void> {
        this.close();
        const generation = this.generation;
        this.startedAt = performance.now();
        this.lastFrame = 0;
        if (this.attempt === 0) this.tell({phase: 'connecting', message: 'Connecting …', hint: ''});
        try {
            await this.negotiate(generation);
            if (generation === this.generation) this.watch();
        } catch (error) {
            if (generation === this.generation) this.failed(error);
        }
    }

    private async negotiate(generation: number): Promise<void> {
        const peer = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
        this.peer = peer;
        const media = new MediaStream();
        peer.addTransceiver('video', {direction: 'recvonly'});
        peer.addTransceiver('audio', {direction: 'recvonly'});
        peer.ontrack = ({track}) => {
            media.addTrack(track);
            this.video.srcObject = media;
        };
        peer.onconnectionstatechange = () => {
            if (generation === this.generation && peer.connectionState === 'failed') this.failed(new ApiError(0, 'lost', 'The video connection was lost.'));
        };
        await peer.setLocalDescription();
        // Sent without our candidates: the gateway's own, all in its answer, are enough, and gathering takes time.
        const response = await request(devicePath(this.device, `/whep?stream=${encodeURIComponent(this.stream)}`), {
            method: 'POST',
            headers: {'Content-Type': 'application/sdp'},
            body: peer.localDescription!.sdp,
        });
        const session = response.headers.get('Location')?.split('/').pop() ?? '';
        const answer = await response.text();
        if (generation !== this.generation) {
            void fetch(address(devicePath(this.device, `/whep/${session}`)), {method: 'DELETE', keepalive: true}).catch(() => {});
            return;
        }
        this.session = session;
        await peer.setRemoteDescription({type: 'answer', sdp: answer});
    }

    /** Looks whether pictures arrive. */
    private watch(): void {
        const generation = this.generation;
        const frame = (): void => {
            if (generation !== this.generation) return;
            if (!this.lastFrame || performance.now() - this.lastFrame > STALL_SHOWN_MS) this.tell({phase: 'playing', message: '', hint: ''});
            this.lastFrame = performance.now();
            this.everSeen = true;
            this.attempt = 0;
            this.video.requestVideoFrameCallback(frame);
        };
        this.video.requestVideoFrameCallback(frame);
        void this.video.play().catch(() => {});
        this.watchTimer = window.setInterval(() => {
            if (document.hidden) return;
            const silent = performance.now() - (this.lastFrame || this.startedAt);
            if (!this.everSeen && silent > UNREACHABLE_MS && this.peer?.connectionState !== 'connected') return this.unreachable();
            if (silent > (this.lastFrame ? STALL_RECONNECT_MS : CONNECT_LIMIT_MS)) this.failed(new ApiError(0, 'stalled', 'No picture arrives.'));
            else if (this.lastFrame && silent > STALL_SHOWN_MS) this.tell({phase: 'waiting', message: `No new picture for ${Math.round(silent / 1000)} s`, hint: ''});
            else if (!this.lastFrame && silent > 3_000) this.tell({phase: 'connecting', message: 'Waiting for the first picture …', hint: ''});
        }, 1_000);
    }

    private failed(error: unknown): void {
        if (error instanceof ApiError && error.code === 'lost' && !this.everSeen) return this.unreachable();
        const cause = error instanceof ApiError ? error : new ApiError(0, 'browser', 'This browser cannot open the video.', String(error));
        this.close();
        if (FINAL.has(cause.status) || cause.code === 'browser') return this.tell({phase: 'failed', message: cause.message, hint: cause.hint});
        const wait = RETRY_MS[Math.min(this.attempt++, RETRY_MS.length - 1)]!;
        this.tell({phase: 'waiting', message: cause.message, hint: cause.hint || 'Trying again.'});
        this.retryTimer = window.setTimeout(() => void this.open(), wait);
    }
}
