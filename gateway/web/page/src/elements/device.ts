// One device: picture or switch, controls as Home Assistant groups them, facts.

import {LitElement, css, html, nothing} from 'lit';
import {repeat} from 'lit/directives/repeat.js';
import {reason, valueText, words} from '../format.js';
import {icons} from '../icons.js';
import {isCamera, mainSwitch, ofClass} from '../model.js';
import type {Capability, Category, Device} from '../model.js';
import {Watch, store} from '../store.js';
import {base, buttons} from '../styles.js';
import './control.js';
import './device_options.js';
import './events.js';
import './exchanges.js';
import './facts.js';
import './live.js';
import './recordings.js';
import './talk.js';
import {isPtz} from './ptz_pad.js';
import './sparkline.js';
import './switch.js';

const GROUPS: [Category, string][] = [['main', 'Controls'], ['config', 'Configuration'], ['diagnostic', 'Diagnostics']];

export class DevicePage extends LitElement {
    static override properties = {deviceId: {}, stream: {state: true}};
    declare deviceId: string;
    declare private stream: string;

    constructor() {
        super();
        this.stream = 'main';
        new Watch(this);
    }

    static override styles = [
        base, buttons,
        css`
            .head { display: flex; align-items: center; gap: 4px; margin: -8px 0 12px -10px; }
            .head .state { margin-left: 8px; }
            .page { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; align-items: start; }
            .column { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; min-width: 0; }
            .card h2 { padding: 14px 16px 6px; }
            tp-live { border-radius: var(--radius); }
            .reason { padding: 12px 16px; background: var(--bad-soft); border-color: transparent; }
            .reason.asleep { background: var(--accent-soft); }
            .streams { display: flex; gap: 4px 12px; margin-top: 8px; flex-wrap: wrap; }
            .streams .streams { margin: 0; gap: 4px; }
            .streams button[aria-pressed='true'] { background: var(--accent-soft); border-color: var(--accent); }
            .plug { display: grid; gap: 12px; padding: 20px; }
            .plug .row { justify-content: space-between; }
            .watts { font-size: 2.25rem; font-weight: 400; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
            @media (min-width: 960px) {
                .page { grid-template-columns: minmax(0, 3fr) minmax(320px, 2fr); }
            }
        `,
    ];

    override render() {
        const device = store.devices.get(this.deviceId);
        if (!device) {
            return html`${this.head('Unknown device')}<div class="card reason"><p>${store.loaded ? 'This device is no longer here.' : 'Loading …'}</p></div>`;
        }
        const why = reason(device);
        return html`${this.head(device.name)}
            <div class="page">
                <div class="column">
                    ${why ? html`<div class="card reason ${device.asleep ? 'asleep' : ''}" role="status"><p><strong>${why}</strong></p>
                        ${device.problem?.hint ? html`<p class="small">${device.problem.hint}</p>` : nothing}</div>` : nothing}
                    ${isCamera(device) && device.media ? this.video(device) : this.plug(device)}
                    ${this.group(device, 'main')}
                    ${isCamera(device) ? html`<section class="card" aria-labelledby="events"><h2 id="events">Events</h2><tp-events .deviceId=${device.id}></tp-events></section>
                        <section class="card" aria-labelledby="recordings"><h2 id="recordings">Recordings</h2><tp-recordings .deviceId=${device.id}></tp-recordings></section>` : nothing}
                </div>
                <div class="column">
                    ${this.group(device, 'config')}${this.group(device, 'diagnostic')}
                    <section class="card" aria-labelledby="facts"><h2 id="facts">Facts</h2><tp-facts .device=${device}></tp-facts>
                        <tp-exchanges .deviceId=${device.id}></tp-exchanges></section>
                    <section class="card" aria-labelledby="options"><h2 id="options">This device</h2><tp-device-options .device=${device}></tp-device-options></section>
                </div>
            </div>`;
    }

    private head(name: string) {
        return html`<div class="head"><a class="icon-button" href="#/" aria-label="Back to Home">${icons.back}</a><h1 class="cut">${name}</h1></div>`;
    }

    private video(device: Device) {
        const streams = device.media!.streams;
        return html`<div><tp-live .device=${device} .stream=${this.stream}></tp-live>
            <div class="streams">${streams.length > 1 ? html`<div class="streams" role="group" aria-label="Stream">${streams.map(({name}) => html`<button class="button"
                aria-pressed=${name === this.stream ? 'true' : 'false'} @click=${() => (this.stream = name)}>${words(name)}</button>`)}</div>` : nothing}
                <tp-talk .deviceId=${device.id}></tp-talk></div></div>`;
    }

    private plug(device: Device) {
        const row = mainSwitch(device);
        const power = ofClass(device, 'power');
        if (!row && !power) return nothing;
        const wanted = row && store.wanted(device.id, row.id);
        const refusal = row && store.refusal(device.id, row.id);
        const value = row && device.state[row.id];
        return html`<section class="card plug" aria-label="Switch">
            <div class="row">
                <span class="watts">${power ? valueText(power, device.state[power.id]) : value === 'ON' ? 'On' : 'Off'}</span>
                ${row ? html`<tp-switch large .label=${device.name} .on=${value === 'ON'} .disabled=${!device.online}
                    .wanted=${wanted === undefined ? undefined : wanted === 'ON'}
                    @toggle=${(event: CustomEvent<boolean>) => void store.set(device.id, row.id, event.detail ? 'ON' : 'OFF')}></tp-switch>` : nothing}
            </div>
            ${refusal ? html`<p class="small bad" role="alert">${refusal}</p>` : nothing}
            ${power ? html`<tp-sparkline .samples=${store.power.get(device.id) ?? []} .unit=${power.unit ?? ''}></tp-sparkline>` : nothing}
        </section>`;
    }

    private group(device: Device, category: Category) {
        const shownAbove: (Capability | undefined)[] = isCamera(device) ? [] : [mainSwitch(device), ofClass(device, 'power')];
        const rows = device.capabilities.filter((row) => row.category === category && !isPtz(row) && !shownAbove.includes(row));
        if (rows.length === 0) return nothing;
        const controllable = category !== 'main' || rows.some((row) => row.writable);
        const title = controllable ? GROUPS.find(([name]) => name === category)![1] : 'Readings';
        return html`<section class="card" aria-labelledby=${category}><h2 id=${category}>${title}</h2>
            <div>${repeat(rows, (row) => row.id, (row) => html`<tp-control .device=${device} .row=${row}></tp-control>`)}</div></section>`;
    }
}
customElements.define('tp-device', DevicePage);
