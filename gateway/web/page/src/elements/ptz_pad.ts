// Arrows over the picture, for cameras that offer ptz_* rows. Arrow keys do the same while the pad has the focus.

import {LitElement, css, html, nothing} from 'lit';
import {icons} from '../icons.js';
import type {Capability, Device} from '../model.js';
import {Watch, store} from '../store.js';
import {base} from '../styles.js';

const PLACES = ['up', 'left', 'right', 'down', 'zoom_in', 'zoom_out'] as const;
const KEYS: Record<string, string> = {ArrowUp: 'up', ArrowLeft: 'left', ArrowRight: 'right', ArrowDown: 'down', '+': 'zoom_in', '-': 'zoom_out'};
const ICONS = {up: icons.up, left: icons.left, right: icons.right, down: icons.down, zoom_in: icons.plus, zoom_out: icons.minus};

export const isPtz = (row: Capability): boolean => row.kind === 'press' && PLACES.some((place) => row.id === `ptz_${place}`);

export class PtzPad extends LitElement {
    static override properties = {device: {attribute: false}};
    declare device: Device;

    constructor() {
        super();
        new Watch(this);
    }

    static override styles = [
        base,
        css`
            .pad { display: grid; grid-template-areas: '. up . zoom_in' 'left . right .' '. down . zoom_out'; grid-auto-columns: 44px; grid-auto-rows: 30px; }
            .pad.still { grid-template-areas: '. up .' 'left . right' '. down .'; }
            button {
                display: grid; place-items: center; width: 44px; height: 44px; margin-top: -7px; padding: 0; border: 0; border-radius: 50%;
                background: rgb(0 0 0 / 60%); color: #fff; cursor: pointer; touch-action: manipulation;
            }
            button:hover { background: rgb(0 0 0 / 80%); }
            button[aria-busy='true'] { background: var(--accent); color: var(--on-accent); }
            .refusal { max-width: 34ch; margin-bottom: 14px; padding: 4px 10px; border-radius: 8px; background: rgb(0 0 0 / 75%); color: #ffb4ad; }
            .up { grid-area: up; } .left { grid-area: left; } .right { grid-area: right; } .down { grid-area: down; }
            .zoom_in { grid-area: zoom_in; } .zoom_out { grid-area: zoom_out; }
        `,
    ];

    override render() {
        const rows = PLACES.flatMap((place) => {
            const row = this.device.capabilities.find((candidate) => candidate.id === `ptz_${place}` && candidate.kind === 'press');
            return row ? [{place, row}] : [];
        });
        if (rows.length === 0) return nothing;
        const refusal = rows.map(({row}) => store.refusal(this.device.id, row.id)).find(Boolean);
        const zooms = rows.some(({place}) => place.startsWith('zoom'));
        return html`${refusal ? html`<p class="refusal small" role="alert">${refusal}</p>` : nothing}
            <div class="pad ${zooms ? '' : 'still'}" role="group" aria-label="Move the camera" @keydown=${this.key}>
                ${rows.map(({place, row}) => html`<button class=${place} aria-label=${row.name} title=${row.name}
                    aria-busy=${store.wanted(this.device.id, row.id) === undefined ? 'false' : 'true'} @click=${() => this.move(row.id)}>${ICONS[place]}</button>`)}
            </div>`;
    }

    private move(id: string): void {
        void store.set(this.device.id, id, 'PRESS');
    }

    private key(event: KeyboardEvent): void {
        const place = KEYS[event.key];
        if (!place || !this.device.capabilities.some((row) => row.id === `ptz_${place}`)) return;
        event.preventDefault();
        this.move(`ptz_${place}`);
    }
}
customElements.define('tp-ptz-pad', PtzPad);
