// Everything the page knows: devices as the gateway told them, commands under way, what was refused, the log.

import type {ReactiveController, ReactiveControllerHost} from 'lit';
import {ApiError, devicePath, json, learnSession, send} from './api.js';
import {EventReader} from './event_reader.js';
import {inOrder, ofClass} from './model.js';
import type {CloudAccount, CommandResult, Detection, Device, Health, LogLine, Stream, Value} from './model.js';

const LOG_LINES_KEPT = 500;
const DETECTIONS_KEPT = 199;
const HISTORY_MS = 3_600_000;
const HEALTH_EVERY_MS = 30_000;

export interface Sample {
    time: number; // ms since the epoch
    value: number;
}

export class Store extends EventTarget {
    devices = new Map<string, Device>();
    ordered: Device[] = [];
    loaded = false;
    connection: 'connecting' | 'live' | 'lost' = 'connecting';
    failure: ApiError | null = null; // why the first load failed
    health: Health | null = null;
    log: LogLine[] = [];
    detections: Detection[] = []; // oldest first
    cloud: CloudAccount | null = null;
    power = new Map<string, Sample[]>(); // of the last hour, from when the page was opened
    private readonly commands = new Map<string, Value>();
    private readonly refusals = new Map<string, string>();
    private wasLive = false;

    start(): void {
        void this.load(); // not only when the events flow: the first picture of the page is a round trip sooner
        new EventReader('api/events?log=300', {
            opened: () => {
                this.log = []; // the gateway sends its last lines again
                this.detections = [];
                void this.load();
            },
            lost: () => this.setConnection('lost'),
            event: (name, data) => this.take(name, data),
        });
        window.setInterval(() => void this.checkHealth(), HEALTH_EVERY_MS);
    }

    async load(): Promise<void> {
        try {
            const list = await json<Device[]>('api/devices');
            this.devices = new Map(list.map((device) => [device.id, device]));
            this.failure = null;
            this.loaded = true;
            for (const device of list) this.remember(device);
            this.reorder();
            this.setConnection('live');
        } catch (error) {
            this.failure = error instanceof ApiError ? error : null;
            this.setConnection('lost');
        }
        await Promise.all([this.checkHealth(), learnSession()]);
        this.cloud = await json<{account?: CloudAccount}>('api/cloud').then(({account}) => account ?? null, () => null);
        this.changed();
    }

    private async checkHealth(): Promise<void> {
        try {
            const response = await fetch(new URL('healthz', document.baseURI)); // 503 has a body too
            this.health = (await response.json()) as Health;
        } catch {
            this.health = null;
        }
        this.changed();
    }

    private setConnection(connection: 'live' | 'lost'): void {
        if (this.connection === connection) return;
        this.connection = connection;
        // Told when the page is drawn again: what the gateway no longer has asks for nothing any more.
        if (connection === 'live' && this.wasLive) window.setTimeout(() => this.dispatchEvent(new Event('reconnected')));
        if (connection === 'live') this.wasLive = true;
        this.changed();
    }

    private take(name: string, data: unknown): void {
        const message = data as {id: string};
        const known = this.devices.get(message.id);
        if (name === 'device') this.put(data as Device);
        else if (name === 'state' && known) this.put({...known, state: (data as Device).state});
        else if (name === 'stream' && known?.media) this.put(withStream(known, data as Stream));
        else if (name === 'removed' && this.devices.delete(message.id)) this.reorder();
        else if (name === 'detection') {
            this.detections = [...this.detections.slice(-DETECTIONS_KEPT), data as Detection];
            this.changed();
        } else if (name === 'cloud') {
            this.cloud = (data as {account: CloudAccount}).account;
            this.changed();
        } else if (name === 'probe') this.dispatchEvent(new CustomEvent('probe', {detail: data}));
        else if (name === 'log') {
            this.log = [...this.log.slice(1 - LOG_LINES_KEPT), data as LogLine];
            this.dispatchEvent(new Event('log'));
        }
    }

    private put(device: Device): void {
        const before = this.devices.get(device.id);
        this.devices.set(device.id, device);
        for (const [property, value] of Object.entries(device.state)) {
            if (before && before.state[property] !== value) this.refusals.delete(`${device.id}/${property}`);
        }
        this.remember(device);
        this.reorder();
    }

    private remember(device: Device): void {
        const row = ofClass(device, 'power');
        const value = row && device.state[row.id];
        if (typeof value !== 'number') return;
        const now = Date.now();
        const samples = (this.power.get(device.id) ?? []).filter((sample) => sample.time > now - HISTORY_MS);
        this.power.set(device.id, [...samples, {time: now, value}]);
    }

    private reorder(): void {
        this.ordered = inOrder(this.devices.values());
        this.changed();
    }

    private changed(): void {
        this.dispatchEvent(new Event('change'));
    }

    /** The value a running command wants; undefined: none runs. */
    wanted(id: string, property: string): Value | undefined {
        return this.commands.get(`${id}/${property}`);
    }

    /** Why the last command was refused. */
    refusal(id: string, property: string): string | undefined {
        return this.refusals.get(`${id}/${property}`);
    }

    /** Sends one command; the value changes when the device confirmed it. */
    async set(id: string, property: string, value: Value): Promise<void> {
        const key = `${id}/${property}`;
        if (this.commands.has(key)) return;
        this.commands.set(key, value);
        this.refusals.delete(key);
        this.changed();
        try {
            const [result] = await send<CommandResult[]>('POST', devicePath(id, '/set'), {[property]: value});
            if (result && result.status !== 'ok') this.refusals.set(key, result.message || `The device refused (${result.code}).`);
        } catch (error) {
            this.refusals.set(key, error instanceof ApiError ? `${error.message} ${error.hint}`.trim() : 'The command could not be sent.');
        }
        this.commands.delete(key);
        this.changed();
    }
}

function withStream(device: Device, stream: Stream): Device {
    const media = device.media!;
    const streams = media.streams.map((old) => (old.name === stream.name ? {...old, ...stream} : old));
    return {...device, media: {...media, streams}};
}

export const store = new Store();

/** Renders its host again when the store changed. */
export class Watch implements ReactiveController {
    constructor(
        private readonly host: ReactiveControllerHost,
        private readonly event: 'change' | 'log' = 'change',
    ) {
        host.addController(this);
    }
    private readonly update = (): void => this.host.requestUpdate();
    hostConnected(): void {
        store.addEventListener(this.event, this.update);
    }
    hostDisconnected(): void {
        store.removeEventListener(this.event, this.update);
    }
}
