// Access tokens: for programs, shown once, taken back one by one.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, json, request, send} from '../api.js';
import {base, buttons, fields} from '../styles.js';

export class Tokens extends LitElement {
    static override properties = {names: {state: true}, made: {state: true}, failure: {state: true}};
    declare private names: string[];
    declare private made: {name: string; token: string} | null;
    declare private failure: string;

    constructor() {
        super();
        this.names = [];
        this.made = null;
        this.failure = '';
    }

    static override styles = [
        base, buttons, fields,
        css`
            form { display: flex; gap: 12px; align-items: end; flex-wrap: wrap; margin-top: 8px; }
            .field { flex: 1 1 14rem; }
            li { display: flex; align-items: center; justify-content: space-between; gap: 12px; padding: 4px 0; border-top: 1px solid var(--line); }
            code { display: block; margin-top: 8px; padding: 12px; border-radius: 10px; background: var(--sunken); overflow-wrap: anywhere; font: 0.875rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
        `,
    ];

    override connectedCallback(): void {
        super.connectedCallback();
        void this.act(() => this.load());
    }

    private async load(): Promise<void> {
        this.names = (await json<{tokens: string[]}>('api/tokens')).tokens ?? [];
    }

    private async act(work: () => Promise<void>): Promise<void> {
        this.failure = '';
        try {
            await work();
        } catch (error) {
            this.failure = error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error);
        }
    }

    private make(event: SubmitEvent): void {
        event.preventDefault();
        const form = event.target as HTMLFormElement;
        void this.act(async () => {
            this.made = await send('POST', 'api/tokens', {name: String(new FormData(form).get('name')).trim()});
            form.reset();
            await this.load();
        });
    }

    private revoke(name: string): void {
        void this.act(async () => {
            await request(`api/tokens/${encodeURIComponent(name)}`, {method: 'DELETE'});
            if (this.made?.name === name) this.made = null;
            await this.load();
        });
    }

    override render() {
        return html`<form @submit=${this.make}><label class="field"><span>Program</span><input name="name" required maxlength="60" placeholder="Node-RED"></label>
                <button class="button">Make a token</button></form>
            <div role="status">${this.made ? html`<code>${this.made.token}</code><p class="small muted">For ${this.made.name}; it is shown this once. Send it as “Authorization: Bearer …”.</p>` : nothing}
                ${this.failure ? html`<p class="small bad">${this.failure}</p>` : nothing}</div>
            ${this.names.length ? html`<ul>${this.names.map((name) => html`<li><span>${name}</span><button class="button" aria-label=${`Take back ${name}`} @click=${() => this.revoke(name)}>Take back</button></li>`)}</ul>` : nothing}`;
    }
}
customElements.define('tp-tokens', Tokens);
