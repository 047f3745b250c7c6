// A camera on Home: its last picture; a tap makes it move, in place.

import {LitElement, css, html, nothing} from 'lit';
import {reason, valueText} from '../format.js';
import {icons} from '../icons.js';
import {ofClass} from '../model.js';
import type {Device} from '../model.js';
import {base, buttons} from '../styles.js';
import './live.js';
import './picture.js';

export class CameraTile extends LitElement {
    static override properties = {device: {attribute: false}, live: {type: Boolean, reflect: true}};
    declare device: Device;
    declare live: boolean;

    constructor() {
        super();
        this.live = false;
    }

    static override styles = [
        base, buttons,
        css`
            .card { overflow: hidden; height: 100%; }
            .view { position: relative; display: block; width: 100%; aspect-ratio: 16 / 9; padding: 0; border: 0; background: #0b0e11; cursor: pointer; }
            .view:focus-visible { outline-offset: -4px; border-radius: var(--radius); }
            .play {
                position: absolute; right: 10px; bottom: 10px; display: grid; place-items: center; width: 36px; height: 36px; border-radius: 50%;
                background: rgb(0 0 0 / 60%); color: #fff; transition: transform 0.15s;
            }
            .view:hover .play { transform: scale(1.12); }
            .motion { position: absolute; right: 12px; top: 12px; width: 12px; height: 12px; border-radius: 50%; background: #ff5a4f; box-shadow: 0 0 0 3px rgb(0 0 0 / 45%); }
            .foot {
                display: flex; align-items: center; gap: 8px; min-height: 52px; padding: 4px 8px 4px 16px; color: inherit; text-decoration: none;
            }
            .foot:hover .next { transform: translateX(2px); }
            .next { color: var(--muted); transition: transform 0.15s; }
            .name { display: block; font-weight: 600; }
            .why { display: block; }
        `,
    ];

    override render() {
        const {device} = this;
        const why = reason(device);
        const motion = device.capabilities.some(
            (row) => ['motion', 'occupancy'].includes(row.device_class ?? '') && !row.writable && device.state[row.id] === 'ON',
        );
        const battery = ofClass(device, 'battery');
        return html`<article class="card" aria-label=${device.name}>
            ${this.live
                ? html`<tp-live .device=${device} closable @close=${this.close}></tp-live>`
                : html`<button class="view" aria-label=${`Watch ${device.name}`} @click=${() => (this.live = true)}>
                      <tp-picture .device=${device}></tp-picture>
                      ${motion ? html`<span class="motion" title="Motion"><span class="hidden-text">Motion</span></span>` : nothing}
                      <span class="play">${icons.play}</span>
                  </button>`}
            <a class="foot" href=${`#/device/${device.id}`}>
                <span class="grow"><span class="name cut">${device.name}</span>
                    ${why ? html`<span class="small ${device.asleep ? 'muted' : 'bad'} why">${why}</span>` : nothing}</span>
                ${battery && device.state[battery.id] != null
                    ? html`<span class="row small muted">${icons.battery}${valueText(battery, device.state[battery.id])}</span>`
                    : nothing}
                <span class="next">${icons.next}</span>
            </a>
        </article>`;
    }

    private async close(): Promise<void> {
        this.live = false;
        await this.updateComplete;
        this.renderRoot.querySelector<HTMLElement>('.view')?.focus();
    }
}
customElements.define('tp-camera-tile', CameraTile);
