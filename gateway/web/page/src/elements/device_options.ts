// What can be said about a device itself: its name, how often it is asked, that it goes.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, devicePath, request, send} from '../api.js';
import type {Device} from '../model.js';
import {isCamera} from '../model.js';
import {base, buttons, fields} from '../styles.js';
import type {PasswordDialog} from './password_dialog.js';
import './password_dialog.js';

const sentence = (error: unknown): string => (error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error));

export class DeviceOptions extends LitElement {
    static override properties = {device: {attribute: false}, outcome: {state: true}, busy: {state: true}};
    declare device: Device;
    declare private outcome: {ok: boolean; text: string} | null;
    declare private busy: boolean;

    constructor() {
        super();
        this.outcome = null;
        this.busy = false;
    }

    static override styles = [
        base, buttons, fields,
        css`
            :host { padding: 0 16px 16px; }
            form { display: grid; gap: 12px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 180px), 1fr)); align-items: end; }
            .actions { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 16px; }
            .remove { color: var(--bad); }
            .ok { color: var(--ok); }
            dialog { width: min(26rem, calc(100vw - 32px)); padding: 24px; border: 1px solid var(--line); border-radius: var(--radius); background: var(--card); color: var(--text); }
            dialog::backdrop { background: rgb(0 0 0 / 50%); }
            dialog .row { justify-content: flex-end; margin-top: 16px; }
        `,
    ];

    private async run(action: () => Promise<unknown>, done: string): Promise<boolean> {
        this.busy = true;
        this.outcome = null;
        let good = true;
        try {
            await action();
            this.outcome = {ok: true, text: done};
        } catch (error) {
            good = false;
            this.outcome = {ok: false, text: sentence(error)};
        }
        this.busy = false;
        return good;
    }

    private save(event: SubmitEvent): void {
        event.preventDefault();
        const data = new FormData(event.target as HTMLFormElement);
        const changes: Record<string, string | number> = {};
        const name = String(data.get('name')).trim();
        if (name && name !== this.device.name) changes['name'] = name;
        if (data.get('poll_s') !== '') changes['poll_s'] = Number(data.get('poll_s'));
        if (data.get('stream')) changes['stream'] = String(data.get('stream'));
        if (Object.keys(changes).length === 0) this.outcome = {ok: true, text: 'Nothing was changed.'};
        else void this.run(() => send('PATCH', devicePath(this.device.id), changes), 'Saved.');
    }

    private async goAway(): Promise<void> {
        this.dialog.close();
        if (await this.run(() => request(devicePath(this.device.id), {method: 'DELETE'}), 'Removed.')) location.hash = '#/';
    }

    private get dialog(): HTMLDialogElement {
        return this.renderRoot.querySelector('dialog')!;
    }

    override render() {
        return html`<form @submit=${this.save}>
                <label class="field"><span>Name</span><input name="name" .value=${this.device.name} maxlength="100" required></label>
                <label class="field"><span>Seconds between two polls</span><input name="poll_s" type="number" min="0" max="86400" placeholder="usual"></label>
                ${isCamera(this.device) ? html`<label class="field"><span>Video</span><select name="stream"><option value="">as it is</option><option value="hd">full</option>
                    <option value="sd">lesser only</option><option value="off">off</option></select></label>` : nothing}
                <button class="button" ?disabled=${this.busy}>Save changes</button>
            </form>
            <div class="actions">
                <button class="button" ?disabled=${this.busy} @click=${() => void this.run(() => send('PATCH', devicePath(this.device.id), {reconnect: true}), 'Logging in again.')}>Reconnect</button>
                <button class="button" @click=${() => void this.renderRoot.querySelector<PasswordDialog>('tp-password-dialog')!.ask(this.device)}>Password</button>
                <button class="button remove" @click=${() => this.dialog.showModal()}>Remove</button>
            </div>
            <p role="status" class="small ${this.outcome?.ok ? 'ok' : 'bad'}">${this.outcome?.text ?? ''}</p>
            <tp-password-dialog></tp-password-dialog>
            <dialog aria-labelledby="sure"><h2 id="sure">Remove ${this.device.name}?</h2>
                <p class="small muted">It goes from here and from Home Assistant. It can be added again at any time.</p>
                <div class="row"><button class="button" @click=${() => this.dialog.close()}>Keep</button><button class="button remove" @click=${this.goAway}>Remove</button></div></dialog>`;
    }
}
customElements.define('tp-device-options', DeviceOptions);
