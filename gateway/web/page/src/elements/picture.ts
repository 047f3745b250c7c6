// The last picture of a camera with its age. Loads nothing while it is outside the view or the page is hidden.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, devicePath, request} from '../api.js';
import {ago, reason} from '../format.js';
import {icons} from '../icons.js';
import type {Device} from '../model.js';
import {store} from '../store.js';
import {base} from '../styles.js';

const RENEW_AFTER_MS = 5 * 60_000; // a wired camera is asked for a new picture when the last is older
const LOOK_EVERY_MS = 60_000;
const STALE_AFTER_MS = 15 * 60_000;
const ANY_AGE_S = 31_536_000;

export class Picture extends LitElement {
    static override properties = {
        device: {attribute: false}, width: {type: Number}, plain: {type: Boolean},
        url: {state: true}, failure: {state: true}, now: {state: true},
    };
    declare device: Device;
    declare width: number;
    declare plain: boolean; // without age and reason
    declare private url: string;
    declare private failure: string;
    declare private now: number;
    private taken: Date | null = null;
    private visible = false;
    private loading = false;
    private timer = 0;
    private observer = new IntersectionObserver(
        (entries) => {
            this.visible = entries.some((entry) => entry.isIntersecting);
            if (this.visible) void this.look();
        },
        {rootMargin: '200px'},
    );

    constructor() {
        super();
        this.width = 640;
        this.url = '';
        this.failure = '';
        this.now = Date.now();
    }

    static override styles = [
        base,
        css`
            :host { position: absolute; inset: 0; background: #0b0e11; color: #dbe3ea; overflow: hidden; }
            img { width: 100%; height: 100%; object-fit: cover; display: block; transition: filter 0.3s, opacity 0.3s; }
            img.stale { filter: grayscale(0.85) brightness(0.75); }
            .none { position: absolute; inset: 0; display: grid; place-content: center; justify-items: center; gap: 8px; padding: 24px; text-align: center; }
            .none p { max-width: 34ch; }
            .age {
                position: absolute; left: 10px; bottom: 10px; padding: 2px 8px; border-radius: 8px; background: rgb(0 0 0 / 66%); color: #fff;
                font-size: 0.8125rem; font-variant-numeric: tabular-nums;
            }
        `,
    ];

    override connectedCallback(): void {
        super.connectedCallback();
        this.observer.observe(this);
        this.timer = window.setInterval(() => void this.look(), LOOK_EVERY_MS);
        document.addEventListener('visibilitychange', this.returned);
        store.addEventListener('reconnected', this.returned);
    }

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        this.observer.disconnect();
        window.clearInterval(this.timer);
        document.removeEventListener('visibilitychange', this.returned);
        store.removeEventListener('reconnected', this.returned);
        if (this.url) URL.revokeObjectURL(this.url);
        this.url = '';
        this.taken = null;
    }

    override updated(changed: Map<string, unknown>): void {
        const before = changed.get('device') as Device | undefined;
        if (before && this.mayRenew(this.device) && !this.mayRenew(before)) void this.look();
    }

    private readonly returned = (): void => void this.look();

    private mayRenew(device: Device): boolean {
        return device.online && !device.asleep && device.state['privacy'] !== 'ON';
    }

    /** What is there at once, then a new one when that is old and the camera can be had. */
    private async look(): Promise<void> {
        this.now = Date.now();
        if (!this.visible || this.loading || document.hidden || !this.isConnected) return;
        this.loading = true;
        try {
            if (!this.taken) await this.load(ANY_AGE_S);
            const old = !this.taken || Date.now() - this.taken.getTime() > RENEW_AFTER_MS;
            if (old && this.mayRenew(this.device)) await this.load(RENEW_AFTER_MS / 1000);
        } finally {
            this.loading = false;
        }
    }

    private async load(maxAge: number): Promise<void> {
        try {
            const response = await request(devicePath(this.device.id, `/snapshot.jpg?max_age_s=${maxAge}&width=${this.width}`));
            const taken = new Date(response.headers.get('X-Picture-Time') ?? Date.now());
            const url = URL.createObjectURL(await response.blob());
            if (!this.isConnected) return URL.revokeObjectURL(url);
            if (this.url) URL.revokeObjectURL(this.url);
            this.url = url;
            this.taken = taken;
            this.failure = '';
        } catch (error) {
            this.failure = error instanceof ApiError ? error.message : 'The picture could not be loaded.';
        }
        this.now = Date.now();
    }

    override render() {
        const why = reason(this.device) || (this.device.state['privacy'] === 'ON' ? 'Privacy is on' : '');
        const stale = why !== '' || (this.taken !== null && this.now - this.taken.getTime() > STALE_AFTER_MS);
        if (!this.url) {
            const text = why || this.failure;
            return html`<div class="none">${why === 'Privacy is on' ? icons.eyeOff : icons.camera}
                ${text && !this.plain ? html`<p class="small">${text}</p>` : nothing}</div>`;
        }
        return html`<img src=${this.url} class=${stale ? 'stale' : ''} alt=${`Last picture of ${this.device.name}`}>
            ${this.taken && !this.plain
                ? html`<span class="age" title=${this.taken.toLocaleString()}>${ago(this.taken, this.now)}</span>`
                : nothing}`;
    }
}
customElements.define('tp-picture', Picture);
