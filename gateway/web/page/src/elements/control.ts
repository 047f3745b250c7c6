// One capability as a control or a value, drawn from its kind alone: a new row needs nothing here.

import {LitElement, css, html, nothing} from 'lit';
import {number, valueText, words} from '../format.js';
import type {Capability, Device, Value} from '../model.js';
import {Watch, store} from '../store.js';
import {base, buttons, fields} from '../styles.js';
import './switch.js';

/** A range this fine is typed, not dragged. */
const SLIDER_STEPS_MAX = 200;

export class Control extends LitElement {
    static override properties = {device: {attribute: false}, row: {attribute: false}, moving: {state: true}};
    declare device: Device;
    declare row: Capability;
    declare private moving: number | undefined; // where the slider is held

    constructor() {
        super();
        new Watch(this);
    }

    static override styles = [
        base, buttons, fields,
        css`
            :host { padding: 6px 16px; border-top: 1px solid var(--line); }
            :host(:first-child) { border-top: 0; }
            .line { display: flex; align-items: center; justify-content: space-between; gap: 4px 16px; min-height: var(--touch); flex-wrap: wrap; }
            .name { flex: 1 1 9rem; min-width: 0; overflow-wrap: anywhere; }
            .value { color: var(--muted); text-align: right; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
            .wide { flex: 1 1 12rem; display: flex; gap: 12px; align-items: center; min-width: 0; }
            .wide output { min-width: 3.6rem; text-align: right; color: var(--muted); font-variant-numeric: tabular-nums; }
            select { width: auto; min-width: 8rem; max-width: 100%; }
            input[type='number'] { width: 7rem; }
            .busy { opacity: 0.6; }
            .refusal { padding: 0 0 8px; animation: appear 0.2s; }
            @keyframes appear { from { opacity: 0; } }
        `,
    ];

    override render() {
        const {row, device} = this;
        const refusal = store.refusal(device.id, row.id);
        return html`<div class="line">
                <span class="name" id="name">${row.name}</span>${row.writable ? this.control() : this.readout()}
            </div>
            ${refusal ? html`<p class="refusal small bad" role="alert">${refusal}</p>` : nothing}`;
    }

    private get wanted(): Value | undefined {
        return store.wanted(this.device.id, this.row.id);
    }
    private get value(): Value | undefined {
        return this.device.state[this.row.id];
    }
    private get disabled(): boolean {
        return !this.device.online && !this.device.asleep;
    }
    private set(value: Value): void {
        void store.set(this.device.id, this.row.id, value);
    }

    private readout() {
        const title = this.row.kind === 'timestamp' && this.value ? new Date(String(this.value)).toLocaleString() : '';
        return html`<span class="value" title=${title || nothing}>${valueText(this.row, this.value)}</span>`;
    }

    private control() {
        switch (this.row.kind) {
            case 'onoff': return this.onOff();
            case 'number': return this.number();
            case 'choice': return this.choice();
            case 'text': return this.text();
            case 'press': return this.press();
            case 'timestamp': return this.readout();
        }
    }

    private onOff() {
        const wanted = this.wanted;
        return html`<tp-switch .label=${this.row.name} .on=${this.value === 'ON'} .disabled=${this.disabled}
            .wanted=${wanted === undefined ? undefined : wanted === 'ON'}
            @toggle=${(event: CustomEvent<boolean>) => this.set(event.detail ? 'ON' : 'OFF')}></tp-switch>`;
    }

    private number() {
        const {min = 0, max = 100, step = 1, unit = '', name} = this.row;
        const busy = this.wanted !== undefined;
        const confirmed = typeof this.value === 'number' ? this.value : null;
        const shown = (busy ? (this.wanted as number) : this.moving) ?? confirmed;
        const take = (event: Event): void => {
            const value = (event.target as HTMLInputElement).valueAsNumber;
            this.moving = undefined;
            if (Number.isFinite(value) && value !== confirmed) this.set(value);
        };
        if ((max - min) / step > SLIDER_STEPS_MAX) {
            return html`<span class="row"><input type="number" aria-label=${name} min=${min} max=${max} step=${step} .value=${String(shown ?? '')}
                ?disabled=${this.disabled || busy} @change=${take}><span class="muted">${unit}</span></span>`;
        }
        return html`<span class="wide ${busy ? 'busy' : ''}">
            <input type="range" aria-label=${name} aria-valuetext=${shown === null ? 'Unknown' : number(shown, unit)} min=${min} max=${max}
                step=${step} .value=${String(shown ?? min)} ?disabled=${this.disabled || busy} @change=${take}
                @input=${(event: Event) => (this.moving = (event.target as HTMLInputElement).valueAsNumber)}>
            <output>${shown === null ? 'Unknown' : number(shown, unit)}</output>
        </span>`;
    }

    private choice() {
        const shown = this.wanted ?? this.value;
        const options = this.row.options ?? [];
        const unknown = shown === null || shown === undefined || !options.includes(String(shown));
        const take = (event: Event): void => {
            const select = event.target as HTMLSelectElement;
            const value = select.value;
            if (value !== '' && value !== this.value) this.set(value);
        };
        return html`<select aria-label=${this.row.name} ?disabled=${this.disabled || this.wanted !== undefined || options.length === 0} @change=${take}>
            ${unknown ? html`<option value="" .selected=${true}>${options.length ? 'Choose …' : 'None'}</option>` : nothing}
            ${options.map((option) => html`<option value=${option} .selected=${option === shown}>${words(option)}</option>`)}
        </select>`;
    }

    private text() {
        const take = (event: SubmitEvent): void => {
            event.preventDefault();
            const input = (event.target as HTMLFormElement).querySelector('input')!;
            if (input.value !== this.value) this.set(input.value);
        };
        const busy = this.wanted !== undefined;
        return html`<form class="wide" @submit=${take}>
            <input aria-label=${this.row.name} .value=${String(this.wanted ?? this.value ?? '')} ?disabled=${this.disabled || busy}>
            <button class="button" ?disabled=${this.disabled || busy}>Save</button>
        </form>`;
    }

    private press() {
        const busy = this.wanted !== undefined;
        const press = (): void => {
            if (this.row.device_class === 'restart' && !confirm(`Restart ${this.device.name}? It will be away for about a minute.`)) return;
            this.set('PRESS');
        };
        return html`<button class="button" aria-label=${this.row.name} aria-busy=${busy ? 'true' : 'false'} ?disabled=${this.disabled || busy}
            @click=${press}>${busy ? 'Sending …' : this.row.device_class === 'restart' ? 'Restart' : 'Press'}</button>`;
    }
}
customElements.define('tp-control', Control);
