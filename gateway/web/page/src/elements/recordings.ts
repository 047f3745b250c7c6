// What the camera's card holds: a day, its list, play and download.

import {LitElement, css, html, nothing} from 'lit';
import {ApiError, address, devicePath, json} from '../api.js';
import {words} from '../format.js';
import {icons} from '../icons.js';
import {RecordingPlayer} from '../recording_player.js';
import {base, buttons, fields} from '../styles.js';

interface Recording {
    id: string;
    start: string;
    end?: string;
    duration_s?: number;
    type?: string;
}

/** Another month: "2026-09" and 1 make "2026-10". */
const monthAfter = (month: string, count: number): string => {
    const [year, number] = month.split('-').map(Number);
    return new Date(Date.UTC(year!, number! - 1 + count, 1)).toISOString().slice(0, 7);
};
const inWords = (day: string, options: Intl.DateTimeFormatOptions): string => new Date(`${day}T12:00:00`).toLocaleDateString(undefined, options);
const dayOf = (date: Date): string => new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);

export class Recordings extends LitElement {
    static override properties = {deviceId: {}, day: {state: true}, list: {state: true}, failure: {state: true}, busy: {state: true}, playing: {state: true}, month: {state: true}, days: {state: true}};
    declare deviceId: string;
    declare private day: string;
    declare private list: Recording[] | null;
    declare private failure: string;
    declare private busy: boolean;
    declare private playing: Recording | null;
    private player: RecordingPlayer | null = null;
    declare private month: string; // "2026-09"; empty: nothing was asked for yet
    declare private days: string[] | null; // those of the month that have recordings; null: not known

    constructor() {
        super();
        this.day = dayOf(new Date());
        this.list = null;
        this.failure = '';
        this.busy = false;
        this.playing = null;
        this.month = '';
        this.days = null;
    }

    static override styles = [
        base, buttons, fields,
        css`
            :host { padding: 0 16px 12px; }
            form { display: flex; gap: 12px; flex-wrap: wrap; align-items: end; }
            .field { flex: 1 1 10rem; }
            ul li { display: flex; align-items: center; gap: 8px; padding: 4px 0; border-top: 1px solid var(--line); }
            ul { margin-top: 12px; max-height: 24rem; overflow: auto; }
            .still { width: 80px; aspect-ratio: 16 / 9; object-fit: cover; border-radius: 6px; background: var(--line); }
            .days { margin-top: 12px; }
            .days ol { display: flex; flex-wrap: wrap; gap: 8px; }
            .days .button { padding: 0 12px; min-width: var(--touch); }
            .days .button[aria-pressed='true'] { background: var(--accent); color: var(--on-accent); border-color: transparent; }
            video { width: 100%; margin-top: 12px; border-radius: 10px; background: #000; }
        `,
    ];

    private submit(event: Event): void {
        event.preventDefault();
        void this.load();
        const month = this.day.slice(0, 7);
        if (month !== this.month || !this.days) void this.showMonth(month);
    }

    private async showMonth(month: string): Promise<void> {
        this.month = month;
        this.days = null;
        try {
            const {days} = await json<{days: string[]}>(devicePath(this.deviceId, `/recordings?month=${month}`));
            if (this.month === month) this.days = days;
        } catch (error) {
            if (this.month === month) this.month = ''; // the list of the day says why
        }
    }

    private choose(day: string): void {
        this.day = day;
        void this.load();
    }

    private async load(): Promise<void> {
        this.busy = true;
        this.failure = '';
        try {
            const answer = await json<Recording[] | {recordings: Recording[]}>(devicePath(this.deviceId, `/recordings?date=${this.day}`));
            this.list = Array.isArray(answer) ? answer : answer.recordings;
        } catch (error) {
            this.list = null;
            this.failure = error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : String(error);
        }
        this.busy = false;
    }

    override disconnectedCallback(): void {
        super.disconnectedCallback();
        this.stop();
        this.playing = null;
    }

    private stop(): void {
        this.player?.stop();
        this.player = null;
    }

    override updated(changed: Map<string, unknown>): void {
        const video = this.renderRoot.querySelector('video');
        if (!changed.has('playing') || !video || !this.playing) return;
        this.stop();
        this.failure = '';
        this.player = new RecordingPlayer(video, this.path(this.playing), this.seconds(this.playing), (problem) => (this.failure = problem));
        this.player.start();
    }

    private path(recording: Recording): string {
        return devicePath(this.deviceId, `/recordings/${encodeURIComponent(recording.id)}.mp4`);
    }

    private seconds(recording: Recording): number {
        return recording.duration_s ?? (recording.end ? (Date.parse(recording.end) - Date.parse(recording.start)) / 1000 : 0);
    }

    private length(recording: Recording): string {
        const seconds = this.seconds(recording);
        return seconds > 0 ? `${Math.floor(seconds / 60)}:${String(Math.round(seconds % 60)).padStart(2, '0')}` : '';
    }

    override render() {
        return html`<form @submit=${this.submit}>
                <label class="field"><span>Day</span><input type="date" .value=${this.day} max=${dayOf(new Date())} required @change=${(event: Event) => (this.day = (event.target as HTMLInputElement).value)}></label>
                <button class="button" ?disabled=${this.busy}>${this.busy ? 'Asking the camera …' : 'Show recordings'}</button>
            </form>
            ${this.month ? this.calendar() : nothing}
            <div role="status">${this.failure ? html`<p class="small bad">${this.failure}</p>` : this.list?.length === 0 ? html`<p class="small muted">The card holds nothing of that day.</p>` : nothing}</div>
            ${this.playing ? html`<video controls autoplay playsinline aria-label="Recording"></video>` : nothing}
            ${this.list?.length ? html`<ul tabindex="0" aria-label="Recordings">${this.list.map((one) => this.item(one))}</ul>` : nothing}`;
    }

    private calendar() {
        const name = inWords(`${this.month}-01`, {month: 'long', year: 'numeric'});
        const latest = this.month >= dayOf(new Date()).slice(0, 7);
        return html`<div class="days" role="group" aria-label="Days with recordings">
            <div class="row"><button class="icon-button" aria-label="Month before" @click=${() => this.showMonth(monthAfter(this.month, -1))}>${icons.left}</button>
                <span class="grow small muted" aria-live="polite">${name}${this.days?.length === 0 ? ': no recordings' : this.days ? '' : ' …'}</span>
                <button class="icon-button" aria-label="Month after" ?disabled=${latest} @click=${() => this.showMonth(monthAfter(this.month, 1))}>${icons.right}</button></div>
            <ol>${(this.days ?? []).map((day) => html`<li><button class="button" aria-pressed=${day === this.day} aria-label=${inWords(day, {day: 'numeric', month: 'long', weekday: 'long'})}
                @click=${() => this.choose(day)}>${Number(day.slice(8))}</button></li>`)}</ol></div>`;
    }

    private item(recording: Recording) {
        const time = new Date(recording.start).toLocaleTimeString();
        return html`<li><img class="still" src=${address(devicePath(this.deviceId, `/recordings/${encodeURIComponent(recording.id)}.jpg`))} alt="" loading="lazy"
                @error=${(event: Event) => (event.target as HTMLElement).remove()}>
            <span class="grow">${time} <span class="small muted">${this.length(recording)} ${recording.type ? words(recording.type) : ''}</span></span>
            <button class="icon-button" aria-label=${`Play ${time}`} title="Play" @click=${() => (this.playing = recording)}>${icons.play}</button>
            <a class="icon-button" href=${address(this.path(recording))} download=${`${this.deviceId}-${recording.start.replace(/[^0-9]+/g, '-').replace(/-$/, '')}.mp4`} aria-label=${`Download ${time}`} title="Download">${icons.save}</a></li>`;
    }
}
customElements.define('tp-recordings', Recordings);
