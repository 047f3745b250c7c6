// What a camera noticed since the gateway started, newest first.

import {LitElement, css, html} from 'lit';
import {ago, words} from '../format.js';
import {Watch, store} from '../store.js';
import {base} from '../styles.js';

export class Events extends LitElement {
    static override properties = {deviceId: {}};
    declare deviceId: string;

    constructor() {
        super();
        new Watch(this);
    }

    static override styles = [
        base,
        css`
            :host { padding: 0 16px 12px; }
            li { display: flex; justify-content: space-between; gap: 12px; padding: 8px 0; border-top: 1px solid var(--line); }
            ul { max-height: 22rem; overflow: auto; }
        `,
    ];

    override render() {
        const list = store.detections.filter((detection) => detection.id === this.deviceId).reverse();
        if (list.length === 0) return html`<p class="muted small">Nothing was detected since the gateway started.</p>`;
        return html`<ul tabindex="0" aria-label="Events">${list.map((one) => html`<li><span>${words(one.event_type)}</span>
            <time class="small muted" datetime=${one.time} title=${new Date(one.time).toLocaleString()}>${ago(new Date(one.time))}</time></li>`)}</ul>`;
    }
}
customElements.define('tp-events', Events);
