// Settings: a form over the configuration. Only what differs from the file is kept; a change restarts only its own part.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, json, send} from '../api.js';
import {words} from '../format.js';
import {base, buttons, fields} from '../styles.js';
import './switch.js';

type Plain = string | number | boolean | string[];
interface Setting {
    value: Plain;
    default: Plain;
    source: 'default' | 'file' | 'page' | 'environment';
}

const MASK = '***';
const SECTIONS: Record<string, string> = {
    account: 'TP-Link account', mqtt: 'MQTT broker', discovery: 'Looking for devices', http: 'Page and API', rtsp: 'RTSP', webrtc: 'Live view in browsers',
    media: 'Video', onvif: 'ONVIF', log: 'Log', cloud: 'TP-Link cloud', '': 'Privacy',
};
const LABELS: Record<string, string> = {
    'mqtt.tls': 'Encrypted', 'mqtt.ca_file': 'Authority (PEM file)', 'mqtt.client_cert': 'Our certificate (PEM file)', 'mqtt.client_key': 'Our key (PEM file)', 'mqtt.host': 'Address',
    'discovery.interval_s': 'Seconds between two searches', 'discovery.adopt': 'Take in what is found', 'discovery.enabled': 'Search', 'discovery.targets': 'More addresses and networks',
    'http.listen': 'Address and port', 'rtsp.listen': 'Address and port', 'rtsp.enabled': 'Offer RTSP', 'webrtc.ports': 'UDP ports', 'webrtc.candidates': 'Addresses offered',
    'media.viewers_max': 'Viewers at once', 'media.linger_s': 'Seconds a camera stays open after its last viewer', 'media.battery_view_limit_s': 'Longest view of a battery camera, seconds',
    'media.battery_day_limit_s': 'All views of a battery camera in 24 hours, seconds',
    'media.transcode': 'Convert what browsers cannot show', 'onvif.enabled': 'Offer cameras by ONVIF', 'cloud.enabled': 'Use the cloud where a camera needs it',
    local_only: 'Local only: nothing leaves the network', 'account.username': 'E-mail',
};
const CHOICES: Record<string, string[]> = {
    'mqtt.discovery': ['device', 'component', 'off'], 'log.level': ['trace', 'debug', 'info', 'warning', 'error'], 'log.format': ['text', 'json'],
};

const section = (key: string): string => (key.includes('.') ? key.slice(0, key.indexOf('.')) : '');
const label = (key: string): string => LABELS[key] ?? words(key.slice(key.indexOf('.') + 1));
const isSecret = (key: string): boolean => key.endsWith('.password') || key === 'account.username';

export class Settings extends LitElement {
    static override properties = {settings: {state: true}, changes: {state: true}, outcome: {state: true}, busy: {state: true}};
    declare private settings: Record<string, Setting> | null;
    declare private changes: Record<string, Plain | null>;
    declare private outcome: {ok: boolean; text: string} | null;
    declare private busy: boolean;

    constructor() {
        super();
        this.settings = null;
        this.changes = {};
        this.outcome = null;
        this.busy = false;
    }

    static override styles = [
        base, buttons, fields,
        css`
            details { border-top: 1px solid var(--line); }
            summary { min-height: var(--touch); display: flex; align-items: center; gap: 8px; cursor: pointer; font-weight: 600; }
            summary::before { content: '›'; width: 1ch; transition: transform 0.1s; }
            details[open] summary::before { transform: rotate(90deg); }
            .grid { display: grid; gap: 12px 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 260px), 1fr)); padding: 4px 0 16px; align-items: start; }
            .check { display: flex; gap: 10px; align-items: center; justify-content: space-between; min-height: var(--touch); }
            .note { display: flex; align-items: center; gap: 8px; flex-wrap: wrap; }
            .link { border: 0; background: none; padding: 0 4px; min-height: var(--touch); color: var(--accent); cursor: pointer; text-decoration: underline; }
            .foot.due { position: sticky; bottom: calc(64px + env(safe-area-inset-bottom)); z-index: 2; }
            @media (min-width: 720px) {
                .foot.due { bottom: 0; }
            }
            .foot { display: flex; gap: 12px; flex-wrap: wrap; align-items: center; padding-top: 12px; background: var(--card); border-top: 1px solid var(--line); }
            .ok { color: var(--ok); }
        `,
    ];

    override connectedCallback(): void {
        super.connectedCallback();
        void this.load();
    }

    private async load(): Promise<void> {
        try {
            this.settings = (await json<{settings: Record<string, Setting>}>('api/settings')).settings;
        } catch (error) {
            this.say(error);
        }
    }

    private say(error: unknown): void {
        this.outcome = {ok: false, text: error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error)};
    }

    private async save(event: Event): Promise<void> {
        event.preventDefault();
        this.busy = true;
        this.outcome = null;
        try {
            await send('PATCH', 'api/settings', this.changes);
            this.outcome = {ok: true, text: 'Saved. What it concerns is restarted now; everything else goes on.'};
            this.changes = {};
            await this.load();
        } catch (error) {
            this.say(error);
        }
        this.busy = false;
    }

    private change(key: string, value: Plain | null): void {
        const {[key]: _, ...others} = this.changes;
        const same = value !== null && JSON.stringify(value) === JSON.stringify(this.settings![key]!.value);
        this.changes = same ? others : {...others, [key]: value};
    }

    override render() {
        if (!this.settings) return html`<p class="muted">${this.outcome?.text ?? 'Loading …'}</p>`;
        const keys = Object.keys(this.settings);
        const names = [...new Set(keys.map(section))];
        const count = Object.keys(this.changes).length;
        return html`<form @submit=${this.save}>
            ${names.map((name) => html`<details ?open=${name === 'account'}><summary>${SECTIONS[name] ?? words(name)}</summary>
                <div class="grid">${keys.filter((key) => section(key) === name).map((key) => this.field(key))}</div></details>`)}
            <div class="foot ${count ? 'due' : ''}">
                <button class="button strong" ?disabled=${count === 0 || this.busy}>${this.busy ? 'Saving …' : count ? `Save ${count} change${count > 1 ? 's' : ''}` : 'Nothing to save'}</button>
                <span role="status" class=${this.outcome?.ok ? 'ok' : 'bad'}>${this.outcome?.text ?? ''}</span>
            </div></form>`;
    }

    private field(key: string) {
        const setting = this.settings![key]!;
        const fixed = setting.source === 'environment';
        const now = key in this.changes ? (this.changes[key] ?? setting.default) : setting.value;
        const note = fixed ? html`<span class="small muted">Set by the environment</span>`
            : setting.source === 'page' && this.changes[key] !== null
              ? html`<span class="note small muted">Changed here <button type="button" class="link" aria-label=${`Back to the file: ${label(key)}`} @click=${() => this.change(key, null)}>back to the file</button></span>`
              : nothing;
        if (typeof setting.default === 'boolean') {
            return html`<div><div class="check"><span aria-hidden="true">${label(key)}</span><tp-switch .label=${label(key)} .on=${now as boolean} .disabled=${fixed}
                @toggle=${(event: CustomEvent<boolean>) => this.change(key, event.detail)}></tp-switch></div>${note}</div>`;
        }
        return html`<div><label class="field"><span>${label(key)}</span>${this.input(key, setting, now, fixed)}</label>${note}</div>`;
    }

    private input(key: string, setting: Setting, now: Plain, fixed: boolean) {
        const text = (event: Event): string => (event.target as HTMLInputElement).value;
        if (CHOICES[key]) {
            return html`<select ?disabled=${fixed} @change=${(event: Event) => this.change(key, text(event))}>
                ${CHOICES[key].map((word) => html`<option value=${word} .selected=${word === now}>${word}</option>`)}</select>`;
        }
        if (isSecret(key)) {
            const set = setting.value === MASK;
            return html`<input type=${key.endsWith('password') ? 'password' : 'email'} autocomplete="off" ?disabled=${fixed} placeholder=${set ? 'set; type to change' : ''}
                .value=${typeof this.changes[key] === 'string' ? (this.changes[key] as string) : ''}
                @change=${(event: Event) => (text(event) === '' ? this.change(key, setting.value) : this.change(key, text(event)))}>`;
        }
        if (typeof setting.default === 'number') {
            return html`<input type="number" .value=${String(now)} ?disabled=${fixed} @change=${(event: Event) => this.change(key, Number(text(event)))}>`;
        }
        const list = Array.isArray(setting.default);
        return html`<input .value=${list ? (now as string[]).join(', ') : String(now)} ?disabled=${fixed} spellcheck="false" autocapitalize="none"
            placeholder=${list ? 'separated by commas' : String(setting.default)}
            @change=${(event: Event) => this.change(key, list ? text(event).split(',').map((one) => one.trim()).filter(Boolean) : text(event))}>`;
    }
}
customElements.define('tp-settings', Settings);
