// Values and times in words.

import type {Capability, Device, Stream, Value} from './model.js';

const clock = new Intl.DateTimeFormat(undefined, {hour: '2-digit', minute: '2-digit'});
const day = new Intl.DateTimeFormat(undefined, {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'});

/** "14:02" today, else "3 Mar, 14:02". */
export function shortTime(time: Date): string {
    return time.toDateString() === new Date().toDateString() ? clock.format(time) : day.format(time);
}

/** "now", "2 min ago", "3 h ago", "5 days ago". */
export function ago(time: Date, now = Date.now()): string {
    const seconds = Math.max(0, (now - time.getTime()) / 1000);
    if (seconds < 30) return 'now';
    if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
    if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
    const days = Math.round(seconds / 86_400);
    return days === 1 ? '1 day ago' : `${days} days ago`;
}

export function duration(seconds: number): string {
    if (seconds < 60) return `${Math.round(seconds)} s`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
    if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
    return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
}

export function number(value: number, unit = ''): string {
    const digits = Math.abs(value) < 10 && unit !== 'dBm' ? 2 : Math.abs(value) < 1000 ? 1 : 0;
    const text = new Intl.NumberFormat(undefined, {maximumFractionDigits: digits}).format(value);
    return unit ? `${text}\u00a0${unit}` : text;
}

const STATES: Record<string, [string, string]> = {
    motion: ['Detected', 'Clear'],
    occupancy: ['Detected', 'Clear'],
    sound: ['Detected', 'Clear'],
    smoke: ['Detected', 'Clear'],
    problem: ['Problem', 'OK'],
    heat: ['Too hot', 'Normal'],
    battery: ['Low', 'Normal'],
    battery_charging: ['Charging', 'Not charging'],
    connectivity: ['Connected', 'Not connected'],
    door: ['Open', 'Closed'],
    update: ['Available', 'Up to date'],
};

/** "low_latency" -> "Low latency". */
export const words = (text: string): string => {
    const spaced = text.replace(/_/g, ' ');
    return /^[a-z]/.test(spaced) && !/[A-Z0-9]/.test(spaced) ? spaced[0]!.toUpperCase() + spaced.slice(1) : spaced;
};

export function valueText(row: Capability, value: Value | undefined): string {
    if (value === null || value === undefined || value === '') return 'Unknown';
    if (row.kind === 'onoff') {
        const [on, off] = STATES[row.device_class ?? ''] ?? ['On', 'Off'];
        return value === 'ON' ? on : off;
    }
    if (row.kind === 'number' && typeof value === 'number') return number(value, row.unit);
    if (row.kind === 'timestamp') return ago(new Date(String(value)));
    return row.kind === 'choice' ? words(String(value)) : String(value);
}

/** One line why a device does not answer; empty when it does. */
export function reason(device: Device): string {
    if (device.problem) return device.problem.message;
    if (device.asleep) return 'Asleep';
    if (!device.online) return device.since ? `Unreachable since ${shortTime(new Date(device.since))}` : 'Unreachable';
    return '';
}

const CODECS: Record<string, string> = {h264: 'H.264', h265: 'H.265', hevc: 'H.265', pcma: 'G.711 A-law', pcmu: 'G.711 µ-law'};
export const codec = (name: string): string => CODECS[name.toLowerCase()] ?? name;

/** "H.264 2304×1296, 15 fps, 1.5 Mbit/s, keyframe every 4 s, sound G.711 A-law". */
export function streamText(stream: Stream): string {
    const size = stream.width && stream.height ? ` ${stream.width}×${stream.height}` : '';
    const parts = [
        stream.video ? codec(stream.video) + size : '',
        stream.fps ? number(stream.fps, 'fps') : '',
        stream.bitrate_kbps ? number(stream.bitrate_kbps / 1000, 'Mbit/s') : '',
        stream.keyframe_interval_s ? `keyframe every ${number(stream.keyframe_interval_s, 's')}` : '',
        stream.audio ? `sound ${codec(stream.audio)}` : '',
    ];
    return parts.filter(Boolean).join(', ');
}
