// Hold to talk: what the microphone hears is sent to the camera when the button is let go.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, devicePath, request} from '../api.js';
import {icons} from '../icons.js';
import {base, buttons} from '../styles.js';

const RATE = 16_000; // Hz; the gateway takes any
const LONGEST_MS = 30_000;

/** 16 bit mono WAV. */
function wav(parts: Float32Array[], rate: number): Blob {
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const view = new DataView(new ArrayBuffer(44 + length * 2));
    const text = (at: number, word: string): void => [...word].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
    text(0, 'RIFF');
    view.setUint32(4, 36 + length * 2, true);
    text(8, 'WAVEfmt ');
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, rate, true);
    view.setUint32(28, rate * 2, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, 'data');
    view.setUint32(40, length * 2, true);
    let at = 44;
    for (const part of parts) for (const sample of part) {
        view.setInt16(at, Math.max(-1, Math.min(1, sample)) * 32_767, true);
        at += 2;
    }
    return new Blob([view], {type: 'audio/wav'});
}

export class Talk extends LitElement {
    static override properties = {deviceId: {}, phase: {state: true}, failure: {state: true}};
    declare deviceId: string;
    declare private phase: 'idle' | 'listening' | 'sending';
    declare private failure: string;
    private stop: (() => void) | null = null;

    constructor() {
        super();
        this.phase = 'idle';
        this.failure = '';
    }

    static override styles = [
        base, buttons,
        css`
            button { touch-action: none; user-select: none; -webkit-user-select: none; }
            button[aria-pressed='true'] { background: var(--bad); color: #fff; }
            p { margin-top: 4px; }
        `,
    ];

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        this.stop?.();
    }

    private async begin(): Promise<void> {
        if (this.phase !== 'idle') return;
        this.failure = '';
        if (!navigator.mediaDevices) {
            this.failure = 'Browsers give the microphone only to pages over HTTPS. Open this page through Home Assistant with HTTPS, or use localhost.';
            return;
        }
        this.phase = 'listening';
        let released = false;
        this.stop = () => (released = true);
        try {
            const microphone = await navigator.mediaDevices.getUserMedia({audio: {echoCancellation: true, noiseSuppression: true}});
            const context = new AudioContext({sampleRate: RATE});
            const parts: Float32Array[] = [];
            const node = context.createScriptProcessor(4096, 1, 1); // needs no second file, unlike a worklet
            node.onaudioprocess = (event) => parts.push(event.inputBuffer.getChannelData(0).slice());
            context.createMediaStreamSource(microphone).connect(node);
            node.connect(context.destination);
            await new Promise<void>((resolve) => {
                if (released) resolve();
                this.stop = resolve;
                window.setTimeout(resolve, LONGEST_MS);
            });
            for (const track of microphone.getTracks()) track.stop();
            await context.close();
            this.phase = 'sending';
            if (parts.length) await request(devicePath(this.deviceId, '/talk'), {method: 'POST', headers: {'Content-Type': 'audio/wav'}, body: wav(parts, RATE)});
        } catch (error) {
            this.failure = error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : 'The microphone was not given. Allow it for this page in the browser.';
        }
        this.stop = null;
        this.phase = 'idle';
    }

    private readonly key = (event: KeyboardEvent): void => {
        if (event.key !== ' ' && event.key !== 'Enter') return;
        event.preventDefault();
        if (event.type === 'keydown' && !event.repeat) void this.begin();
        if (event.type === 'keyup') this.stop?.();
    };

    override render() {
        const words = {idle: 'Hold to talk', listening: 'Listening … let go to send', sending: 'Playing on the camera …'}[this.phase];
        return html`<button class="button" aria-pressed=${this.phase === 'listening' ? 'true' : 'false'} ?disabled=${this.phase === 'sending'}
                @pointerdown=${(event: PointerEvent) => { (event.target as Element).setPointerCapture(event.pointerId); void this.begin(); }}
                @pointerup=${() => this.stop?.()} @pointercancel=${() => this.stop?.()} @keydown=${this.key} @keyup=${this.key}>${icons.talk}${words}</button>
            ${this.failure ? html`<p class="small bad" role="alert">${this.failure}</p>` : nothing}`;
    }
}
customElements.define('tp-talk', Talk);
