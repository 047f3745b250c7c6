// On top of Home, only when there is something to do, each with its button.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, send} from '../api.js';
import {icons} from '../icons.js';
import type {Device} from '../model.js';
import {Watch, store} from '../store.js';
import {base, buttons, fields} from '../styles.js';
import type {PasswordDialog} from './password_dialog.js';
import './password_dialog.js';

/** States of the cloud account that ask for nothing. */
const QUIET = new Set(['ok', 'disabled', 'no_account', 'unreachable', 'rate_limited']);
/** Codes nobody can act on: they pass by themselves. */
const PASSING = new Set(['unreachable', 'timeout', 'cancelled', 'session_expired']);

export class ProblemStrip extends LitElement {
    static override properties = {refused: {state: true}};
    declare private refused: string;

    constructor() {
        super();
        this.refused = '';
        new Watch(this);
    }

    static override styles = [
        base, buttons, fields,
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

    private async submit(event: SubmitEvent): Promise<void> {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        try {
            await send('POST', 'api/account/mfa', {code: String(new FormData(form).get('code')).trim()});
            this.refused = '';
        } catch (error) {
            this.refused = error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error);
        }
        form.reset();
    }

    private cloud() {
        const account = store.cloud;
        if (!account || QUIET.has(account.state)) return nothing;
        if (account.state !== 'mfa_needed') {
            return html`<div class="problem" role="status">${icons.alert}<p class="grow"><strong>TP-Link cloud</strong>: ${account.message}</p><a class="button" href="#/system">Show</a></div>`;
        }
        return html`<form class="problem" @submit=${this.submit}>${icons.alert}
            <label class="grow"><strong>TP-Link mailed a code</strong> <span class="small">${this.refused || 'Enter it here; it is asked for once.'}</span>
                <input name="code" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9]{4,12}" required></label><button class="button">Enter the mailed code</button></form>`;
    }

    override render() {
        const devices = store.ordered.filter((device) => device.problem && !PASSING.has(device.problem.code));
        const parts = store.health?.parts?.filter((part) => !part.ok) ?? [];
        return html`${parts.map((part) => html`<div class="problem" role="status">${icons.alert}
                    <p class="grow"><strong>${part.name}</strong>: ${part.message}</p><a class="button" href="#/system">Show</a></div>`)}
            ${this.cloud()}
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
