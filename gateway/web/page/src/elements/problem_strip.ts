// On top of Home, only when there is something to do, each with its button.

import {LitElement, css, html, nothing} from 'lit';
import {icons} from '../icons.js';
import type {Device} from '../model.js';
import {Watch, store} from '../store.js';
import {base, buttons} from '../styles.js';
import type {PasswordDialog} from './password_dialog.js';
import './password_dialog.js';

/** Codes nobody can act on: they pass by themselves. */
const PASSING = new Set(['unreachable', 'timeout', 'cancelled', 'session_expired']);

export class ProblemStrip extends LitElement {
    constructor() {
        super();
        new Watch(this);
    }

    static override styles = [
        base, buttons,
        css`
            :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
            .problem {
                display: flex; align-items: center; gap: 8px 12px; flex-wrap: wrap; padding: 8px 12px 8px 16px; border-radius: var(--radius);
                background: var(--warn-soft); color: var(--text); border: 1px solid color-mix(in srgb, var(--warn) 35%, transparent);
            }
            .problem > svg { color: var(--warn); }
            .grow { flex-basis: 14rem; overflow-wrap: anywhere; }
        `,
    ];

    override render() {
        const devices = store.ordered.filter((device) => device.problem && !PASSING.has(device.problem.code));
        const parts = store.health?.parts?.filter((part) => !part.ok) ?? [];
        return html`${parts.map((part) => html`<div class="problem" role="status">${icons.alert}
                    <p class="grow"><strong>${part.name}</strong>: ${part.message}</p><a class="button" href="#/system">Show</a></div>`)}
            ${devices.map((device) => html`<div class="problem" role="status">${icons.alert}
                    <p class="grow"><strong>${device.name}</strong>: ${device.problem!.message}
                        ${device.problem!.hint ? html`<span class="small">${device.problem!.hint}</span>` : nothing}</p>
                    ${this.action(device)}</div>`)}
            <tp-password-dialog></tp-password-dialog>`;
    }

    private action(device: Device) {
        if (device.problem!.code !== 'auth_failed') return html`<a class="button" href=${`#/device/${device.id}`}>Show</a>`;
        return html`<button class="button" @click=${() => void this.renderRoot.querySelector<PasswordDialog>('tp-password-dialog')!.ask(device)}>Enter password</button>`;
    }
}
customElements.define('tp-problem-strip', ProblemStrip);
