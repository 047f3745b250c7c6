// Add: what was found, and by address.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, send} from '../api.js';
import {icons} from '../icons.js';
import type {FoundDevice} from '../model.js';
import {store} from '../store.js';
import {base, buttons, fields} from '../styles.js';

interface Step {
    text: string;
    ok: boolean;
}
interface LoginTest {
    ok: boolean;
    steps: Step[];
    hint: string;
}

const sentence = (error: unknown): string => (error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error));

export class Add extends LitElement {
    static override properties = {
        found: {state: true}, searching: {state: true}, failure: {state: true}, adding: {state: true}, outcome: {state: true}, steps: {state: true},
    };
    declare private found: FoundDevice[] | null;
    declare private searching: boolean;
    declare private failure: string;
    declare private adding: string; // host being added
    declare private steps: Step[];
    declare private outcome: {host: string; ok: boolean; text: string} | null;

    constructor() {
        super();
        this.found = null;
        this.searching = false;
        this.failure = '';
        this.adding = '';
        this.outcome = null;
        this.steps = [];
    }

    static override styles = [
        base, buttons, fields,
        css`
            :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; max-width: 760px; }
            .card { padding: 16px; }
            .head { display: flex; align-items: center; justify-content: space-between; gap: 12px; }
            li { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 8px 0; border-top: 1px solid var(--line); min-height: 60px; }
            ul { margin-top: 12px; }
            form { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 200px), 1fr)); align-items: end; margin-top: 12px; }
            .ok { color: var(--ok); }
            li.step { min-height: var(--touch); justify-content: flex-start; padding: 4px 0; overflow-wrap: anywhere; }
        `,
    ];

    override connectedCallback(): void {
        super.connectedCallback();
        void this.search();
    }

    private async search(): Promise<void> {
        if (this.searching) return;
        this.searching = true;
        this.failure = '';
        try {
            this.found = (await send<{devices: FoundDevice[]}>('POST', 'api/discover', {})).devices;
        } catch (error) {
            this.failure = sentence(error);
        }
        this.searching = false;
    }

    /** Tries the login first, told step by step as it happens; only what works is added. */
    private async add(entry: Record<string, string>): Promise<void> {
        const host = entry['host'] ?? '';
        this.adding = host;
        this.outcome = null;
        this.steps = [];
        const token = Math.random().toString(36).slice(2);
        const hear = (event: Event): void => {
            const step = (event as CustomEvent<Step & {token: string}>).detail;
            if (step.token === token) this.steps = [...this.steps, step];
        };
        store.addEventListener('probe', hear);
        try {
            const test = await send<LoginTest>('POST', 'api/probe', {...entry, token});
            this.steps = test.steps;
            if (!test.ok) {
                this.outcome = {host, ok: false, text: test.hint || 'The device was not added.'};
                this.adding = '';
                return;
            }
        } catch (error) {
            this.outcome = {host, ok: false, text: sentence(error)};
            this.adding = '';
            return;
        } finally {
            store.removeEventListener('probe', hear);
        }
        try {
            await send('POST', 'api/devices', entry);
            this.outcome = {host, ok: true, text: `${host} was added. It appears on Home as soon as it has logged in.`};
            this.found = this.found?.map((device) => (device.host === host ? {...device, known: true} : device)) ?? null;
        } catch (error) {
            this.outcome = {host, ok: false, text: sentence(error)};
        }
        this.adding = '';
    }

    private submit(event: SubmitEvent): void {
        event.preventDefault();
        const entry: Record<string, string> = {};
        for (const [name, value] of new FormData(event.target as HTMLFormElement)) {
            const text = String(value);
            if (text.trim() !== '') entry[name] = name === 'password' ? text : text.trim();
        }
        void this.add(entry);
    }

    override render() {
        return html`<h1>Add a device</h1>
            <section class="card" aria-labelledby="found">
                <div class="head"><h2 id="found">Found in the network</h2>
                    <button class="button" ?disabled=${this.searching} @click=${this.search}>${this.searching ? 'Searching …' : 'Search again'}</button></div>
                <div role="status">
                    ${this.failure ? html`<p class="small bad">${this.failure}</p>` : nothing}
                    ${this.found?.length === 0 && !this.searching
                        ? html`<p class="muted">Nothing answered. Devices in another subnet are not reached by searching: add them by address.</p>` : nothing}
                </div>
                ${this.found?.length ? html`<ul>${this.found.map((device) => this.item(device))}</ul>` : nothing}
            </section>
            <section class="card" aria-labelledby="by-address">
                <h2 id="by-address">By address</h2>
                <form @submit=${this.submit}>
                    <label class="field"><span>Address</span><input name="host" required autocapitalize="none" spellcheck="false" placeholder="192.168.1.20"></label>
                    <label class="field"><span>Name (optional)</span><input name="name"></label>
                    <label class="field"><span>User (if not the account)</span><input name="username" autocomplete="off" autocapitalize="none"></label>
                    <label class="field"><span>Password</span><input name="password" type="password" autocomplete="off"></label>
                    <button class="button strong" ?disabled=${this.adding !== ''}>${this.adding ? 'Adding …' : 'Add'}</button>
                </form>
            </section>
            ${this.steps.length || this.adding ? html`<section class="card" aria-labelledby="steps"><h2 id="steps">Login</h2>
                <ol role="status">${this.steps.map((step) => html`<li class="step ${step.ok ? 'ok' : 'bad'}">${step.ok ? icons.done : icons.alert}<span class="grow">${step.text}</span></li>`)}
                    ${this.adding ? html`<li class="step muted">Trying …</li>` : nothing}</ol></section>` : nothing}
            <div role="status">${this.outcome ? html`<p class="card ${this.outcome.ok ? 'ok' : 'bad'}">${this.outcome.text}</p>` : nothing}</div>`;
    }

    private item(device: FoundDevice) {
        const facts = [device.model, device.host, device.transport].filter(Boolean).join(' · ');
        return html`<li><span class="grow"><strong>${device.name || device.model || device.host}</strong><br><span class="small muted">${facts}</span></span>
            ${device.known ? html`<span class="muted">Added</span>`
                : html`<button class="button" aria-label=${`Add ${device.name || device.host}`} ?disabled=${this.adding !== ''}
                      @click=${() => void this.add({host: device.host})}>${this.adding === device.host ? 'Adding …' : 'Add'}</button>`}</li>`;
    }
}
customElements.define('tp-add', Add);
