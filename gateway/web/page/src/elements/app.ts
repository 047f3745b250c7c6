// The frame: four places, whether the gateway answers, and nothing deeper than one tap.

import {LitElement, css, html, nothing} from 'lit';
import {icons} from '../icons.js';
import {Watch, store} from '../store.js';
import {base} from '../styles.js';
import './add.js';
import './device.js';
import './home.js';
import './system.js';

const PLACES = [
    {path: '#/', name: 'Home', icon: icons.home},
    {path: '#/add', name: 'Add', icon: icons.add},
    {path: '#/system', name: 'System', icon: icons.system},
];
const TOAST_MS = 4_000;
const LOST_SHOWN_AFTER_MS = 1_000; // a page that just opens, or a blink, is no news

export class App extends LitElement {
    static override properties = {place: {state: true}, toast: {state: true}, lost: {state: true}};
    declare private place: string;
    declare private toast: string;
    declare private lost: boolean;
    private lostTimer = 0;

    constructor() {
        super();
        this.place = location.hash || '#/';
        this.toast = '';
        this.lost = false;
        new Watch(this);
        window.addEventListener('hashchange', () => this.go());
        store.addEventListener('reconnected', () => this.say('Connected again'));
        store.addEventListener('change', () => this.noticeLoss());
    }

    static override styles = [
        base,
        css`
            :host { min-height: 100dvh; padding-bottom: calc(64px + env(safe-area-inset-bottom)); }
            header { position: sticky; top: 0; z-index: 5; background: var(--bg); }
            .top { display: flex; align-items: center; gap: 16px; max-width: 1400px; margin: 0 auto; padding: 8px 16px; min-height: 56px; }
            .brand { line-height: 44px; font-weight: 700; font-size: 1.1rem; color: inherit; text-decoration: none; letter-spacing: -0.01em; }
            nav {
                position: fixed; left: 0; right: 0; bottom: 0; z-index: 5; display: flex; background: var(--card); border-top: 1px solid var(--line);
                padding-bottom: env(safe-area-inset-bottom);
            }
            nav a { flex: 1; display: grid; justify-items: center; gap: 2px; padding: 8px 0 6px; min-height: 56px; color: var(--muted); font-size: 0.8125rem; text-decoration: none; }
            nav a[aria-current] { color: var(--accent); font-weight: 650; }
            main { max-width: 1400px; margin: 0 auto; padding: 8px 16px 24px; }
            .banner { max-width: 1368px; margin: 0 auto 8px; padding: 10px 16px; border-radius: var(--radius); background: var(--bad-soft); color: var(--text); }
            .banner-frame { padding: 0 16px; }
            .toast {
                position: fixed; left: 50%; bottom: calc(80px + env(safe-area-inset-bottom)); transform: translateX(-50%); z-index: 6; padding: 10px 18px; border-radius: 22px;
                background: var(--text); color: var(--bg);
            }
            .skip { position: absolute; left: 8px; top: -60px; z-index: 9; min-height: 44px; padding: 0 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
            .skip:focus { top: 8px; }
            @media (min-width: 720px) {
                :host { padding-bottom: 0; }
                .top { padding: 8px 24px; }
                main { padding: 8px 24px 40px; }
                .banner-frame { padding: 0 24px; }
                nav { position: static; background: none; border: 0; gap: 4px; padding: 0; }
                nav a { flex: none; display: flex; align-items: center; gap: 8px; min-height: 44px; padding: 0 14px; border-radius: 22px; font-size: 0.95rem; }
                nav a:hover { background: var(--sunken); }
                nav a[aria-current] { background: var(--accent-soft); }
                nav svg { width: 20px; height: 20px; }
                .toast { bottom: 32px; }
            }
        `,
    ];

    override connectedCallback(): void {
        super.connectedCallback();
        store.start();
        this.go();
    }

    private go(): void {
        this.place = location.hash || '#/';
        window.scrollTo(0, 0);
    }

    private say(text: string): void {
        this.toast = text;
        window.setTimeout(() => (this.toast = ''), TOAST_MS);
    }

    private noticeLoss(): void {
        if (store.connection !== 'lost') {
            window.clearTimeout(this.lostTimer);
            this.lostTimer = 0;
            this.lost = false;
        } else if (!this.lostTimer) {
            this.lostTimer = window.setTimeout(() => (this.lost = store.connection === 'lost'), LOST_SHOWN_AFTER_MS);
        }
    }

    private content() {
        const device = /^#\/device\/(.+)$/.exec(this.place);
        if (device) return html`<tp-device .deviceId=${decodeURIComponent(device[1]!)}></tp-device>`;
        if (this.place === '#/add') return html`<tp-add></tp-add>`;
        if (this.place === '#/system') return html`<tp-system></tp-system>`;
        return html`<tp-home></tp-home>`;
    }

    override render() {
        const current = PLACES.find(({path}) => path === this.place)?.path ?? '#/';
        return html`<header><button class="skip" @click=${this.skip}>Skip to content</button><div class="top"><a class="brand grow" href="#/">tplink2mqtt</a>
                <nav aria-label="Places">${PLACES.map(({path, name, icon}) => html`<a href=${path} aria-current=${path === current ? 'page' : nothing}>${icon}<span>${name}</span></a>`)}</nav>
            </div></header>
            <div class="banner-frame" role="status">${this.lost ? html`<p class="banner">${store.failure?.status
                ? `${store.failure.message} ${store.failure.hint}` : 'The gateway does not answer. Trying again by itself; what you see is the last known state.'}</p>` : nothing}</div>
            <main id="main" tabindex="-1">${this.content()}</main>
            <div role="status">${this.toast ? html`<p class="toast">${this.toast}</p>` : nothing}</div>`;
    }

    private skip(): void {
        this.renderRoot.querySelector<HTMLElement>('main')!.focus();
    }
}
customElements.define('tp-app', App);
