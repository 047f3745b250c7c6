// What the API tells about devices; the words are those of DEVICE.md.

export type Value = string | number | null;
export type Kind = 'onoff' | 'number' | 'choice' | 'text' | 'timestamp' | 'press';
export type Category = 'main' | 'config' | 'diagnostic';

export interface Capability {
    id: string;
    name: string;
    kind: Kind;
    writable: boolean;
    category: Category;
    unit?: string;
    device_class?: string;
    icon?: string;
    min?: number;
    max?: number;
    step?: number;
    options?: string[];
}

export interface Problem {
    code: string;
    message: string;
    hint?: string;
}

export interface Stream {
    name: string;
    state: 'idle' | 'connecting' | 'live' | 'lingering' | 'failed';
    video?: string;
    audio?: string;
    width?: number;
    height?: number;
    fps?: number;
    bitrate_kbps?: number;
    keyframe_interval_s?: number;
    viewers?: number;
    error?: string | Problem | null;
}

export interface Media {
    streams: Stream[];
    urls: {rtsp?: string[]; onvif?: string; whep?: string; snapshot?: string};
}

export interface Device {
    via?: string | null; // the hub it hangs on
    id: string;
    name: string;
    model?: string;
    manufacturer?: string;
    family?: string;
    host?: string;
    mac?: string;
    hardware?: string;
    firmware?: string;
    transport?: string;
    online: boolean;
    asleep?: boolean;
    problem: Problem | null;
    since?: string;
    state: Record<string, Value>;
    capabilities: Capability[];
    media: Media | null;
}

export interface CommandResult {
    property: string;
    value: Value;
    status: 'ok' | 'error';
    code: string;
    message?: string;
}

export interface LogLine {
    time?: string;
    level: string;
    device?: string;
    message: string;
}

/** How the cloud account stands; only some Kasa cameras need one. */
export interface CloudAccount {
    state: string; // ok, disabled, no_account, mfa_needed, auth_failed, ...
    message?: string;
}

export interface Detection {
    id: string;
    event_type: string;
    source?: string;
    time: string;
}

export interface Health {
    ok: boolean;
    version?: string;
    uptime_s?: number;
    parts?: {name: string; ok: boolean; message?: string}[];
}

export interface FoundDevice {
    host: string;
    mac?: string;
    model?: string;
    family?: string;
    name?: string;
    transport?: string;
    known?: boolean;
}

/** What speaks the cameras' language without a picture, once it answered, is a hub or hangs on one. */
export const isCamera = (device: Device): boolean => device.media !== null || (!device.online && !device.via && (device.family ?? '').endsWith('camera'));

/** Cameras first, then by name; the id settles equal names, so that nothing jumps. */
export function inOrder(devices: Iterable<Device>): Device[] {
    return [...devices].sort(
        (a, b) =>
            Number(isCamera(b)) - Number(isCamera(a)) ||
            a.name.localeCompare(b.name, undefined, {numeric: true, sensitivity: 'base'}) ||
            a.id.localeCompare(b.id),
    );
}

/** The switch that is the device itself: its relay. */
export function mainSwitch(device: Device): Capability | undefined {
    const switches = device.capabilities.filter((row) => row.kind === 'onoff' && row.writable && row.category === 'main');
    return switches.find((row) => row.id === 'state') ?? switches.find((row) => row.device_class === 'outlet') ?? switches[0];
}

export const ofClass = (device: Device, deviceClass: string): Capability | undefined =>
    device.capabilities.find((row) => row.device_class === deviceClass);
