// Home: cameras, then plugs.

import {LitElement, css, html, nothing} from 'lit';
import {repeat} from 'lit/directives/repeat.js';
import {isCamera} from '../model.js';
import {Watch, store} from '../store.js';
import {base, buttons} from '../styles.js';
import './camera_tile.js';
import './plug_tile.js';
import './problem_strip.js';

export class Home extends LitElement {
    constructor() {
        super();
        new Watch(this);
    }

    static override styles = [
        base, buttons,
        css`
            :host { display: grid; grid-template-columns: minmax(0, 1fr); gap: 24px; }
            h2 { margin-bottom: 8px; }
            .cameras, .plugs { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(100%, 340px), 1fr)); }
            .plugs { grid-template-columns: repeat(auto-fill, minmax(min(100%, 270px), 1fr)); }
            .empty { padding: 40px 24px; text-align: center; display: grid; gap: 16px; justify-items: center; }
            @media (min-width: 780px) {
                tp-camera-tile[live] { grid-column: span 2; grid-row: span 2; }
            }
        `,
    ];

    override render() {
        const cameras = store.ordered.filter(isCamera);
        const key = (device: {id: string}): string => device.id;
        const others = store.ordered.filter((device) => !isCamera(device));
        const isHub = (device: {family?: string}): boolean => (device.family ?? '').endsWith('camera'); // they speak the cameras' language
        const section = (id: string, title: string, devices: typeof others) => devices.length ? html`<section aria-labelledby=${id}><h2 id=${id}>${title}</h2>
                <div class="plugs">${repeat(devices, key, (device) => html`<tp-plug-tile .device=${device}></tp-plug-tile>`)}</div></section>` : nothing;
        return html`<h1 class="hidden-text">Home</h1>
            <tp-problem-strip></tp-problem-strip>
            ${cameras.length ? html`<section aria-labelledby="cameras"><h2 id="cameras">Cameras</h2>
                <div class="cameras">${repeat(cameras, key, (device) => html`<tp-camera-tile .device=${device}></tp-camera-tile>`)}</div></section>` : nothing}
            ${section('plugs', 'Plugs', others.filter((device) => !isHub(device)))}
            ${section('hubs', 'Hubs and sensors', others.filter(isHub))}
            ${store.loaded && store.ordered.length === 0 ? html`<div class="card empty"><p>No device yet.</p>
                <a class="button strong" href="#/add">Find devices</a></div>` : nothing}`;
    }
}
customElements.define('tp-home', Home);
