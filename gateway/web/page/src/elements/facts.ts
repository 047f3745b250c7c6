// What an expert looks for, with copy buttons.

import {LitElement, css, html, nothing} from 'lit';
import {address} from '../api.js';
import {shortTime, streamText} from '../format.js';
import {icons} from '../icons.js';
import type {Device} from '../model.js';
import {base, buttons} from '../styles.js';

/** Copies also where the page came over plain HTTP and the clipboard API is missing. */
async function copy(text: string): Promise<boolean> {
    try {
        await navigator.clipboard.writeText(text);
        return true;
    } catch {
        const area = document.createElement('textarea');
        area.value = text;
        document.body.append(area);
        area.select();
        const done = document.execCommand('copy');
        area.remove();
        return done;
    }
}

export class Facts extends LitElement {
    static override properties = {device: {attribute: false}, copied: {state: true}};
    declare device: Device;
    declare private copied: string;

    constructor() {
        super();
        this.copied = '';
    }

    static override styles = [
        base, buttons,
        css`
            dl { padding: 6px 16px; }
            dl > div { display: grid; grid-template-columns: minmax(7.5rem, 30%) 1fr; align-items: center; gap: 12px; padding: 8px 0; border-top: 1px solid var(--line); }
            dl > div:first-child { border-top: 0; }
            dt { color: var(--muted); }
            dd { overflow-wrap: anywhere; display: flex; align-items: center; justify-content: space-between; gap: 8px; min-width: 0; }
            dd > span { min-width: 0; }
            .icon-button { margin: -8px -8px -8px 0; color: var(--accent); }
            code { font: 0.875rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; }
        `,
    ];

    override render() {
        const {device} = this;
        const urls = device.media?.urls;
        return html`<dl>
            ${this.fact('Model', [device.manufacturer, device.model].filter(Boolean).join(' '))}
            ${this.fact('Address', device.host, true)}
            ${this.fact('MAC', device.mac, true)}
            ${this.fact('Hardware', device.hardware)}
            ${this.fact('Firmware', device.firmware)}
            ${this.fact('Transport', device.transport)}
            ${device.since ? this.fact(device.online ? 'Online since' : 'Offline since', shortTime(new Date(device.since))) : nothing}
            ${device.media?.streams.map((stream) => this.fact(`Stream ${stream.name}`, this.stream(stream)))}
            ${urls?.rtsp?.map((url) => this.fact('RTSP', url, true))}
            ${urls?.onvif ? this.fact('ONVIF', urls.onvif, true) : nothing}
            ${urls?.whep ? this.fact('WHEP', address(urls.whep), true) : nothing}
            ${urls?.snapshot ? this.fact('Snapshot', address(urls.snapshot), true) : nothing}
        </dl><p class="hidden-text" role="status">${this.copied ? 'Copied' : ''}</p>`;
    }

    private stream(stream: NonNullable<Device['media']>['streams'][number]): string {
        const viewers = stream.viewers === 1 ? '1 viewer' : `${stream.viewers ?? 0} viewers`;
        const error = typeof stream.error === 'string' ? stream.error : stream.error?.message;
        return [streamText(stream), stream.state === 'idle' ? 'idle' : `${stream.state}, ${viewers}`, error].filter(Boolean).join(' · ');
    }

    private fact(name: string, value: string | undefined, copyable = false) {
        if (!value) return nothing;
        return html`<div><dt>${name}</dt><dd>${copyable ? html`<code>${value}</code>` : html`<span>${value}</span>`}
            ${copyable ? html`<button class="icon-button" aria-label=${`Copy ${name}`} title="Copy"
                @click=${() => void this.take(value)}>${this.copied === value ? icons.done : icons.copy}</button>` : nothing}</dd></div>`;
    }

    private async take(value: string): Promise<void> {
        if (!(await copy(value))) return;
        this.copied = value;
        window.setTimeout(() => (this.copied = ''), 1_500);
    }
}
customElements.define('tp-facts', Facts);
