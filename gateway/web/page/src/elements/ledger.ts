// Every address the gateway talks to, and why.

import {LitElement, css, html, nothing} from 'lit';
import {json} from '../api.js';
import {ago} from '../format.js';
import {base} from '../styles.js';

interface Entry {
    address: string;
    reason: string;
    open: number;
    last: string | null;
}

export class Ledger extends LitElement {
    static override properties = {entries: {state: true}};
    declare private entries: Entry[] | null;

    constructor() {
        super();
        this.entries = null;
    }

    static override styles = [
        base,
        css`
            li { display: flex; flex-wrap: wrap; gap: 0 16px; align-items: baseline; padding: 8px 0; border-top: 1px solid var(--line); }
            code { font: 0.875rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; min-width: 14ch; overflow-wrap: anywhere; }
        `,
    ];

    override connectedCallback(): void {
        super.connectedCallback();
        json<{addresses: Entry[]}>('api/egress').then(({addresses}) => (this.entries = addresses)).catch(() => (this.entries = []));
    }

    override render() {
        if (!this.entries) return html`<p class="muted">Loading …</p>`;
        return html`<ul>${this.entries.map((entry) => html`<li><code>${entry.address}</code>
            <span class="grow ${entry.reason === 'not expected' ? 'bad' : ''}">${entry.reason}</span>
            <span class="small muted">${entry.open ? `${entry.open} open` : ''}${entry.last ? html` <time title=${new Date(entry.last).toLocaleString()}>${ago(new Date(entry.last))}</time>` : nothing}</span></li>`)}</ul>`;
    }
}
customElements.define('tp-ledger', Ledger);
