// A plug on Home: one big switch, watts beside it.

import {LitElement, css, html, nothing} from 'lit';
import {reason, valueText} from '../format.js';
import {mainSwitch, ofClass} from '../model.js';
import type {Device} from '../model.js';
import {Watch, store} from '../store.js';
import {base} from '../styles.js';
import './switch.js';

export class PlugTile extends LitElement {
    static override properties = {device: {attribute: false}};
    declare device: Device;

    constructor() {
        super();
        new Watch(this);
    }

    static override styles = [
        base,
        css`
            .card { display: flex; align-items: center; gap: 12px; min-height: 84px; padding: 12px 16px; height: 100%; }
            a { display: block; color: inherit; text-decoration: none; min-width: 0; padding: 8px 0; }
            .name { display: block; font-weight: 600; }
            .line { display: block; }
            .watts { font-variant-numeric: tabular-nums; }
        `,
    ];

    override render() {
        const {device} = this;
        const row = mainSwitch(device);
        const power = ofClass(device, 'power');
        const why = reason(device);
        const refusal = row && store.refusal(device.id, row.id);
        const wanted = row && store.wanted(device.id, row.id);
        const value = row && device.state[row.id];
        const watts = power && typeof device.state[power.id] === 'number' ? valueText(power, device.state[power.id]) : '';
        const line = row && value != null ? [value === 'ON' ? 'On' : 'Off', watts].filter(Boolean).join(' · ') : watts;
        return html`<article class="card" aria-label=${device.name}>
            <a class="grow" href=${`#/device/${device.id}`}>
                <span class="name cut">${device.name}</span>
                ${refusal ? html`<span class="line small bad" role="alert">${refusal}</span>`
                    : why ? html`<span class="line small bad">${why}</span>`
                    : html`<span class="line small muted watts">${line}</span>`}
            </a>
            ${row ? html`<tp-switch large .label=${device.name} .on=${value === 'ON'} .disabled=${!device.online}
                .wanted=${wanted === undefined ? undefined : wanted === 'ON'}
                @toggle=${(event: CustomEvent<boolean>) => void store.set(device.id, row.id, event.detail ? 'ON' : 'OFF')}></tp-switch>` : nothing}
        </article>`;
    }
}
customElements.define('tp-plug-tile', PlugTile);
