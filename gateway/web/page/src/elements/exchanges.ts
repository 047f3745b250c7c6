// The flight recorder of one device: its last exchanges, redacted by the gateway.

import {LitElement, css, html, nothing} from 'lit';
import {address, devicePath, json} from '../api.js';
import {base, buttons} from '../styles.js';

interface Exchange {
    time: string;
    what: string;
    ok: boolean;
    outcome: string;
    duration_ms: number;
    sent?: string;
    answered?: string;
}

export class Exchanges extends LitElement {
    static override properties = {deviceId: {}, lines: {state: true}};
    declare deviceId: string;
    declare private lines: Exchange[] | null;

    constructor() {
        super();
        this.lines = null;
    }

    static override styles = [
        base, buttons,
        css`
            :host { padding: 0 16px 12px; }
            summary { min-height: var(--touch); display: flex; align-items: center; gap: 8px; cursor: pointer; }
            summary::before { content: '›'; width: 1ch; }
            details[open] > summary::before { transform: rotate(90deg); }
            li { padding: 6px 0; border-top: 1px solid var(--line); font-size: 0.875rem; overflow-wrap: anywhere; }
            pre { margin: 4px 0 0; white-space: pre-wrap; font: 0.8125rem/1.5 ui-monospace, "DejaVu Sans Mono", monospace; color: var(--muted); }
            .row { flex-wrap: wrap; }
        `,
    ];

    private async load(event: Event): Promise<void> {
        if (!(event.target as HTMLDetailsElement).open) return;
        try {
            this.lines = (await json<{exchanges: Exchange[]}>(devicePath(this.deviceId, '/exchanges'))).exchanges;
        } catch {
            this.lines = [];
        }
    }

    override render() {
        return html`<details @toggle=${this.load}><summary>Last exchanges</summary>
            <p class="row small"><a class="button" href=${address('api/diagnostics')} download>Download bundle</a><span class="muted">For a bug report; without passwords and addresses.</span></p>
            ${this.lines === null ? nothing : this.lines.length === 0 ? html`<p class="muted">Nothing was said yet.</p>` : html`<ul>${[...this.lines].reverse().map((line) => html`<li>
                <time class="muted">${new Date(line.time).toLocaleTimeString()}</time> ${line.what} <span class=${line.ok ? 'muted' : 'bad'}>${line.outcome}, ${line.duration_ms} ms</span>
                ${line.sent ? html`<pre>${line.sent}${line.answered ? html`\n→ ${line.answered}` : nothing}</pre>` : nothing}</li>`)}</ul>`}
        </details>`;
    }
}
customElements.define('tp-exchanges', Exchanges);
