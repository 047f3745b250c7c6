// Live view in place: the last picture at once, the video over it when it moves, reasons instead of spinners.

import {LitElement, css, html, nothing} from 'lit';
import {address, devicePath} from '../api.js';
import {icons} from '../icons.js';
import type {Device} from '../model.js';
import {MsePlayer} from '../mse.js';
import {store} from '../store.js';
import {base, buttons} from '../styles.js';
import {WhepPlayer} from '../whep.js';
import type {LiveState} from '../whep.js';
import './picture.js';
import './ptz_pad.js';

const HIDDEN_LIMIT_MS = 20_000; // a page nobody sees gives the camera back

/** Fires `close` when its close button is pressed (with `closable`). */
export class Live extends LitElement {
    static override properties = {
        device: {attribute: false}, stream: {}, closable: {type: Boolean}, state: {state: true}, muted: {state: true},
    };
    declare device: Device;
    declare stream: string;
    declare closable: boolean;
    declare private state: LiveState;
    declare private muted: boolean;
    private player: WhepPlayer | MsePlayer | null = null;
    private hiddenTimer = 0;

    constructor() {
        super();
        this.stream = 'main';
        this.muted = true;
        this.state = {phase: 'connecting', message: '', hint: ''};
    }

    static override styles = [
        base, buttons,
        css`
            :host { position: relative; aspect-ratio: 16 / 9; background: #0b0e11; overflow: hidden; color: #fff; }
            :host(:fullscreen) { aspect-ratio: auto; width: 100vw; height: 100vh; border-radius: 0; }
            video { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; opacity: 0; transition: opacity 0.15s; }
            video.moving { opacity: 1; background: #000; }
            .bar { position: absolute; right: 6px; bottom: 6px; display: flex; gap: 2px; }
            .icon-button { color: #fff; background: rgb(0 0 0 / 60%); }
            .icon-button:hover { background: rgb(0 0 0 / 80%); }
            .close { position: absolute; right: 6px; top: 6px; }
            .words {
                position: absolute; left: 10px; top: 10px; max-width: min(80%, 44ch); padding: 6px 12px; border-radius: 10px;
                background: rgb(0 0 0 / 72%); font-size: 0.875rem;
            }
            .words .button { margin: 8px 0 4px; }
            .progress { position: absolute; left: 0; right: 0; bottom: 0; height: 3px; overflow: hidden; }
            .progress::before { content: ''; position: absolute; inset: 0; width: 35%; background: #6bb8ff; animation: pass 1.2s ease-in-out infinite; }
            @keyframes pass { from { transform: translateX(-100%); } to { transform: translateX(300%); } }
            tp-ptz-pad { position: absolute; left: 10px; bottom: 10px; }
        `,
    ];

    override connectedCallback(): void {
        super.connectedCallback();
        document.addEventListener('visibilitychange', this.visibility);
        window.addEventListener('pageshow', this.shownAgain);
        store.addEventListener('reconnected', this.reconnected);
        if (this.hasUpdated) this.begin();
    }

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        document.removeEventListener('visibilitychange', this.visibility);
        window.removeEventListener('pageshow', this.shownAgain);
        store.removeEventListener('reconnected', this.reconnected);
        window.clearTimeout(this.hiddenTimer);
        this.end();
    }

    override updated(changed: Map<string, unknown>): void {
        const before = changed.get('device') as Device | undefined;
        const privacyEnded = before?.state['privacy'] === 'ON' && this.device.state['privacy'] !== 'ON';
        if (!this.player || changed.get('stream') !== undefined || (before && before.id !== this.device.id) || privacyEnded) this.begin();
    }

    private begin(): void {
        this.end();
        if (document.hidden) return;
        const video = this.renderRoot.querySelector('video')!;
        const tell = (state: LiveState): void => void (this.state = state);
        const withoutWebrtc = (): void => {
            if (!MsePlayer.isPossible()) return tell({phase: 'failed', message: 'The video does not reach this browser.', hint: 'WebRTC needs UDP to the gateway.'});
            this.end();
            this.player = new MsePlayer(video, this.device.id, this.stream, tell);
            this.player.start();
        };
        this.player = new WhepPlayer(video, this.device.id, this.stream, tell, withoutWebrtc);
        this.player.start();
    }

    private end(): void {
        this.player?.stop();
        this.player = null;
    }

    private readonly reconnected = (): void => this.player?.revive();
    /** Back from the browser's history: leaving the page had closed the video. */
    private readonly shownAgain = (event: PageTransitionEvent): void => void (event.persisted && this.begin());
    private readonly visibility = (): void => {
        window.clearTimeout(this.hiddenTimer);
        if (document.hidden) this.hiddenTimer = window.setTimeout(() => this.end(), HIDDEN_LIMIT_MS);
        else if (!this.player) this.begin();
    };

    private toggleSound(): void {
        this.muted = !this.muted;
    }

    private async toggleFullScreen(): Promise<void> {
        if (document.fullscreenElement) await document.exitFullscreen();
        else await this.requestFullscreen();
    }

    override render() {
        const {phase, message, hint} = this.state;
        const stream = this.device.media?.streams.find((candidate) => candidate.name === this.stream);
        // A stream that has just begun does not know its sound yet; what the browser receives is the truth.
        const received = this.renderRoot.querySelector('video')?.srcObject;
        const silent = received instanceof MediaStream ? received.getAudioTracks().length === 0 : stream?.audio === '' && stream.state === 'live';
        const moving = phase === 'playing' || (phase === 'waiting' && message.startsWith('No new'));
        return html`<tp-picture .device=${this.device} .width=${1280} plain></tp-picture>
            <video class=${moving ? 'moving' : ''} autoplay playsinline .muted=${this.muted} aria-label=${`Live video of ${this.device.name}`}></video>
            ${phase === 'connecting' ? html`<div class="progress"></div>` : nothing}
            <div class="words" role="status" ?hidden=${!message}>${message}
                ${hint ? html`<div class="small">${hint}</div>` : nothing}
                ${phase === 'failed' ? html`<button class="button" @click=${() => this.begin()}>Try again</button>` : nothing}
            </div>
            ${this.closable ? nothing : html`<tp-ptz-pad .device=${this.device}></tp-ptz-pad>`}
            <div class="bar">
                ${silent ? nothing : html`<button class="icon-button" aria-pressed=${this.muted ? 'false' : 'true'} aria-label="Sound" title="Sound"
                    @click=${this.toggleSound}>${this.muted ? icons.muted : icons.sound}</button>`}
                <a class="icon-button" href=${address(devicePath(this.device.id, '/snapshot.jpg?max_age_s=2'))} download=${`${this.device.name}.jpg`}
                    aria-label="Save picture" title="Save picture">${icons.save}</a>
                <button class="icon-button" aria-label="Full screen" title="Full screen" @click=${this.toggleFullScreen}>${icons.full}</button>
            </div>
            ${this.closable ? html`<button class="icon-button close" aria-label="Close live view" title="Close"
                @click=${() => this.dispatchEvent(new Event('close'))}>${icons.close}</button>` : nothing}`;
    }
}
customElements.define('tp-live', Live);
