// System: is all well, settings, what is talked to, the log, the bundle.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, address, send, session, signOut} from '../api.js';
import {duration} from '../format.js';
import {icons} from '../icons.js';
import type {LogLine} from '../model.js';
import {Watch, store} from '../store.js';
import {base, buttons, fields} from '../styles.js';
import './ledger.js';
import './settings.js';
import './tokens.js';

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error'];
const rank = (level: string): number => LEVELS.indexOf(level === 'warn' ? 'warning' : level === 'critical' ? 'error' : level);

export class System extends LitElement {
    static override properties = {level: {state: true}, device: {state: true}, outcome: {state: true}};
    declare private level: string;
    declare private device: string;
    declare private outcome: string;

    constructor() {
        super();
        this.level = 'info';
        this.device = '';
        this.outcome = '';
        new Watch(this);
        new Watch(this, 'log');
    }

    static override styles = [
        base, buttons, fields,
        css`
            :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; }
            .card { padding: 16px; }
            ul { margin: 8px 0; }
            li.part { display: flex; gap: 10px; align-items: center; padding: 8px 0; border-top: 1px solid var(--line); }
            .part.good svg { color: var(--ok); }
            .part.wrong svg { color: var(--bad); }
            .filters { display: flex; gap: 12px; flex-wrap: wrap; margin-top: 8px; }
            .filters .field { min-width: 9rem; }
            .wrap { flex-wrap: wrap; margin-top: 8px; }
            .log {
                margin-top: 12px; max-height: 60vh; overflow: auto; border-radius: 10px; background: var(--sunken); padding: 8px 12px;
                font: 0.8125rem/1.55 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere;
            }
            .log time { color: var(--muted); }
            .log .warning { color: var(--warn); }
            .log .error { color: var(--bad); }
        `,
    ];

    override render() {
        const health = store.health;
        return html`<h1>System</h1>
            <section class="card" aria-labelledby="status">
                <h2 id="status">Status</h2>
                ${health ? html`<ul>${health.parts?.map((part) => html`<li class="part ${part.ok ? 'good' : 'wrong'}">${part.ok ? icons.done : icons.alert}
                        <span><strong>${part.name}</strong>${part.message ? html` <span class="muted">${part.message}</span>` : nothing}</span></li>`)}</ul>
                    <p class="small muted">${[health.version && `Version ${health.version}`, health.uptime_s !== undefined && `running for ${duration(health.uptime_s)}`,
                        `${store.ordered.length} devices`].filter(Boolean).join(', ')}</p>`
                : html`<p class="muted">The gateway does not answer.</p>`}
                ${session.by === 'session' ? html`<p class="row wrap"><button class="button" @click=${() => void signOut()}>Sign out</button></p>` : nothing}
            </section>
            <section class="card" aria-labelledby="settings"><h2 id="settings">Settings</h2>
                <p class="small muted">What is changed here lies over the configuration file, until the same line is changed there.</p><tp-settings></tp-settings></section>
            <section class="card" aria-labelledby="diagnostics"><h2 id="diagnostics">Diagnostics</h2>
                <p class="small muted">One file for a bug report: states, last exchanges, log. Passwords and keys are left out, addresses and names replaced.</p>
                <p class="row wrap"><a class="button" href=${address('api/diagnostics')} download>Download diagnostics</a>
                    <button class="button" @click=${this.restart}>Restart the gateway</button><span role="status" class="small">${this.outcome}</span></p></section>
            <section class="card" aria-labelledby="tokens"><h2 id="tokens">Access tokens</h2>
                <p class="small muted">For programs, instead of your password.</p><tp-tokens></tp-tokens></section>
            <section class="card" aria-labelledby="ledger"><h2 id="ledger">Addresses contacted</h2>
                <p class="small muted">Everything the gateway connects to. There is no telemetry and no update check.</p><tp-ledger></tp-ledger></section>
            <section class="card" aria-labelledby="log">
                <h2 id="log">Log</h2>
                <div class="filters">
                    <label class="field"><span>Level</span><select @change=${(event: Event) => (this.level = (event.target as HTMLSelectElement).value)}>
                        ${LEVELS.slice(1).map((level) => html`<option value=${level} .selected=${level === this.level}>${level} and worse</option>`)}</select></label>
                    <label class="field"><span>Device</span><select @change=${(event: Event) => (this.device = (event.target as HTMLSelectElement).value)}>
                        <option value="">All</option>${this.names().map((name) => html`<option value=${name} .selected=${name === this.device}>${name}</option>`)}</select></label>
                </div>
                ${this.lines()}
            </section>
            <section class="card" aria-labelledby="about"><h2 id="about">About</h2>
                <p class="small muted">tplink2mqtt ${health?.version ?? ''}, MIT licence. It brings TP-Link Tapo, Kasa and VIGI devices to MQTT, RTSP and the browser, over the local network.
                    Built with Lit (BSD-3-Clause). Not a product of TP-Link.</p></section>`;
    }

    private async restart(): Promise<void> {
        try {
            await send('POST', 'api/restart', {});
            this.outcome = 'Restarting; this page connects again by itself.';
        } catch (error) {
            this.outcome = error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error);
        }
    }

    private names(): string[] {
        return [...new Set(store.log.map((line) => line.device).filter((name): name is string => Boolean(name)))].sort();
    }

    private lines() {
        const shown = store.log.filter((line) => rank(line.level) >= rank(this.level) && (!this.device || line.device === this.device));
        // Newest first: what just happened stands where one looks, and nothing has to scroll.
        return html`<div class="log" role="log" aria-label="Log" tabindex="0">${shown.length
            ? shown.reverse().map((line) => this.line(line)) : html`<p class="muted">No line of this kind yet.</p>`}</div>`;
    }

    private line(line: LogLine) {
        const time = line.time ? new Date(line.time).toLocaleTimeString() : '';
        const level = rank(line.level) >= 4 ? 'error' : rank(line.level) === 3 ? 'warning' : '';
        return html`<div class=${level}><time>${time}</time> ${level ? html`<strong>${level}</strong> ` : nothing}${line.device ? html`[${line.device}] ` : nothing}${line.message}</div>`;
    }
}
customElements.define('tp-system', System);
