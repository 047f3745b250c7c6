// Asks for the account of one device.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, devicePath, send} from '../api.js';
import type {Device} from '../model.js';
import {base, buttons, fields} from '../styles.js';

export class PasswordDialog extends LitElement {
    static override properties = {device: {attribute: false}, failure: {state: true}, busy: {state: true}};
    declare device: Device | null;
    declare private failure: string;
    declare private busy: boolean;

    constructor() {
        super();
        this.device = null;
        this.failure = '';
        this.busy = false;
    }

    static override styles = [
        base, buttons, fields,
        css`
            dialog { width: min(26rem, calc(100vw - 32px)); padding: 24px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--card); color: var(--text); }
            dialog::backdrop { background: rgb(0 0 0 / 50%); }
            form { display: grid; gap: 16px; }
            .row { justify-content: flex-end; }
        `,
    ];

    async ask(device: Device): Promise<void> {
        this.device = device;
        this.failure = '';
        await this.updateComplete;
        this.renderRoot.querySelector('dialog')!.showModal();
    }

    override render() {
        if (!this.device) return nothing;
        return html`<dialog aria-labelledby="title">
            <form @submit=${this.submit}>
                <h2 id="title">Password for ${this.device.name}</h2>
                <p class="small muted">The account that ${this.device.name} belongs to in the vendor's app. It is tried once; after several wrong passwords
                    devices refuse everybody for half an hour.</p>
                <label class="field"><span>User name or e-mail</span><input name="username" autocomplete="off" autocapitalize="none" required></label>
                <label class="field"><span>Password</span><input name="password" type="password" autocomplete="off" required></label>
                ${this.failure ? html`<p class="small bad" role="alert">${this.failure}</p>` : nothing}
                <div class="row">
                    <button type="button" class="button" @click=${this.close}>Cancel</button>
                    <button class="button strong" ?disabled=${this.busy}>${this.busy ? 'Trying …' : 'Log in'}</button>
                </div>
            </form>
        </dialog>`;
    }

    private close(): void {
        this.renderRoot.querySelector('dialog')!.close();
        this.device = null;
    }

    private async submit(event: SubmitEvent): Promise<void> {
        event.preventDefault();
        const data = new FormData(event.target as HTMLFormElement);
        this.busy = true;
        this.failure = '';
        try {
            await send('PATCH', devicePath(this.device!.id), {username: data.get('username'), password: data.get('password')});
            this.close();
        } catch (error) {
            this.failure = error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error);
        }
        this.busy = false;
    }
}
customElements.define('tp-password-dialog', PasswordDialog);
