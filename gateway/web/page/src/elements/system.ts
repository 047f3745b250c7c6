// System: is all well, and the log.

import {LitElement, css, html, nothing} from 'lit';
import {duration} from '../format.js';
import {icons} from '../icons.js';
import type {LogLine} from '../model.js';
import {Watch, store} from '../store.js';
import {base, buttons, fields} from '../styles.js';

const LEVELS = ['trace', 'debug', 'info', 'warning', 'error'];
const rank = (level: string): number => LEVELS.indexOf(level === 'warn' ? 'warning' : level === 'critical' ? 'error' : level);

export class System extends LitElement {
    static override properties = {level: {state: true}, device: {state: true}};
    declare private level: string;
    declare private device: string;

    constructor() {
        super();
        this.level = 'info';
        this.device = '';
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
            </section>
            <section class="card" aria-labelledby="log">
                <h2 id="log">Log</h2>
                <div class="filters">
                    <label class="field"><span>Level</span><select @change=${(event: Event) => (this.level = (event.target as HTMLSelectElement).value)}>
                        ${LEVELS.slice(1).map((level) => html`<option value=${level} .selected=${level === this.level}>${level} and worse</option>`)}</select></label>
                    <label class="field"><span>Device</span><select @change=${(event: Event) => (this.device = (event.target as HTMLSelectElement).value)}>
                        <option value="">All</option>${this.names().map((name) => html`<option value=${name} .selected=${name === this.device}>${name}</option>`)}</select></label>
                </div>
                ${this.lines()}
            </section>`;
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
