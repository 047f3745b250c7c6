// The switch: shows the confirmed value; while a command runs its knob waits where it wants to go.

import {LitElement, css, html} from 'lit';
import {base} from '../styles.js';

/** Fires `toggle` with the wanted position as detail. */
export class Switch extends LitElement {
    static override properties = {
        label: {}, on: {type: Boolean}, wanted: {attribute: false}, disabled: {type: Boolean}, large: {type: Boolean, reflect: true},
    };
    declare label: string;
    declare on: boolean;
    declare wanted: boolean | undefined;
    declare disabled: boolean;
    declare large: boolean;

    static override styles = [
        base,
        css`
            :host { display: inline-block; }
            button {
                display: grid; align-items: center; min-width: 52px; min-height: var(--touch); padding: 0; border: 0;
                background: none; cursor: pointer; touch-action: manipulation;
            }
            button[disabled] { cursor: default; opacity: 0.5; }
            .track {
                position: relative; width: 52px; height: 30px; border-radius: 15px; background: var(--track);
                transition: background-color 0.18s;
            }
            .knob {
                position: absolute; top: 3px; left: 3px; width: 24px; height: 24px; border-radius: 50%; background: #fff;
                box-shadow: 0 1px 3px rgb(0 0 0 / 35%); transition: transform 0.18s ease-out;
            }
            .right .knob { transform: translateX(22px); }
            [aria-checked='true'] .track { background: var(--accent); }
            [aria-busy='true'] .track { background: color-mix(in srgb, var(--accent) 55%, var(--track)); }
            [aria-busy='true'] .knob { animation: waiting 0.9s ease-in-out infinite alternate; }
            @keyframes waiting { to { box-shadow: 0 0 0 5px color-mix(in srgb, var(--accent) 45%, transparent); } }
            :host([large]) .track { width: 76px; height: 44px; border-radius: 22px; }
            :host([large]) .knob { width: 36px; height: 36px; top: 4px; left: 4px; }
            :host([large]) .right .knob { transform: translateX(32px); }
        `,
    ];

    override render() {
        const busy = this.wanted !== undefined;
        const right = this.wanted ?? this.on;
        return html`<button role="switch" aria-checked=${this.on ? 'true' : 'false'} aria-busy=${busy ? 'true' : 'false'}
            aria-label=${this.label} ?disabled=${this.disabled} @click=${() => this.toggle(busy)}>
            <span class="track ${right ? 'right' : ''}"><span class="knob"></span></span>
        </button>`;
    }

    private toggle(busy: boolean): void {
        if (!busy) this.dispatchEvent(new CustomEvent('toggle', {detail: !this.on}));
    }
}
customElements.define('tp-switch', Switch);
