// Invented devices in the form of gateway/web/DEVICE.md.

const row = (id, name, kind, more = {}) => ({id, name, kind, writable: true, category: 'main', unit: '', device_class: '', icon: '', ...more});
const sensor = (id, name, kind, more = {}) => row(id, name, kind, {writable: false, category: 'diagnostic', ...more});

const media = (id, more = {}) => ({
    streams: [
        {name: 'main', state: 'idle', video: 'h264', audio: 'pcma', width: 2304, height: 1296, fps: 15, bitrate_kbps: 1500, keyframe_interval_s: 4, viewers: 0, error: null, ...more},
        {name: 'sub', state: 'idle', video: 'h264', audio: 'pcma', width: 640, height: 360, fps: 15, bitrate_kbps: 300, keyframe_interval_s: 4, viewers: 0, error: null},
    ],
    urls: {rtsp: [`rtsp://127.0.0.1:8654/${id}`, `rtsp://127.0.0.1:8654/${id}/sub`], whep: `api/devices/${id}/whep`, snapshot: `api/devices/${id}/snapshot.jpg`},
});

const cameraRows = [
    row('privacy', 'Privacy', 'onoff', {icon: 'mdi:eye-off'}),
    row('siren', 'Siren', 'onoff'),
    row('preset', 'Preset', 'choice', {options: ['Door', 'Window', 'Baby bed']}),
    row('ptz_left', 'Pan left', 'press'), row('ptz_right', 'Pan right', 'press'), row('ptz_up', 'Tilt up', 'press'), row('ptz_down', 'Tilt down', 'press'),
    sensor('motion', 'Motion', 'onoff', {device_class: 'motion', category: 'main'}),
    row('led', 'Status LED', 'onoff', {category: 'config'}),
    row('motion_detection', 'Motion detection', 'onoff', {category: 'config'}),
    row('motion_sensitivity', 'Motion sensitivity', 'number', {category: 'config', min: 1, max: 100, step: 1, unit: '%'}),
    row('night_vision', 'Night vision', 'choice', {category: 'config', options: ['auto', 'on', 'off']}),
    row('record_minutes', 'Record length', 'number', {category: 'config', min: 1, max: 1440, step: 1, unit: 'min'}),
    row('osd_text', 'Text in the picture', 'text', {category: 'config'}),
    row('reboot', 'Restart', 'press', {category: 'config', device_class: 'restart'}),
    sensor('rssi', 'Signal strength', 'number', {unit: 'dBm', device_class: 'signal_strength'}),
    sensor('sd_status', 'SD card', 'text'), sensor('firmware', 'Firmware version', 'text'),
    sensor('last_alarm', 'Last alarm', 'timestamp', {device_class: 'timestamp'}),
];
const cameraState = {
    privacy: 'OFF', siren: 'OFF', preset: null, motion: 'OFF', led: 'ON', motion_detection: 'ON', motion_sensitivity: 60, night_vision: 'auto', record_minutes: 30,
    osd_text: 'Hall', rssi: -58, sd_status: 'normal', firmware: '1.3.9 Build 231019', last_alarm: '2026-01-02T03:04:05Z',
};
const plugRows = [
    row('state', 'Plug', 'onoff', {device_class: 'outlet'}),
    sensor('power', 'Power', 'number', {category: 'main', unit: 'W', device_class: 'power'}),
    sensor('energy_today', 'Energy today', 'number', {category: 'main', unit: 'kWh', device_class: 'energy'}),
    row('led', 'Status LED', 'onoff', {category: 'config'}),
    row('auto_off_minutes', 'Auto off delay', 'number', {category: 'config', min: 1, max: 120, step: 1, unit: 'min'}),
    sensor('overheated', 'Overheated', 'onoff', {device_class: 'heat'}), sensor('rssi', 'Signal strength', 'number', {unit: 'dBm'}),
];
const plugState = {state: 'ON', power: 42.7, energy_today: 0.83, led: 'ON', auto_off_minutes: 30, overheated: 'OFF', rssi: -47};

const device = (id, name, more) => ({
    id, name, model: 'C200', manufacturer: 'TP-Link', family: 'tapo_camera', host: '192.168.1.20', mac: id.match(/../g).join(':'), hardware: '1.0', firmware: '1.3.9',
    transport: 'securePassthrough over HTTPS', online: true, asleep: false, problem: null, since: '2026-01-02T03:04:05Z', state: {}, capabilities: [], media: null, ...more,
});

export const hall = device('a842a1001122', 'Hallway camera', {capabilities: cameraRows, state: cameraState, media: media('a842a1001122')});
export const garden = device('a842a1001133', 'Garden', {
    model: 'C420', asleep: true, capabilities: [...cameraRows.slice(0, 2), sensor('battery', 'Battery', 'number', {unit: '%', device_class: 'battery'})],
    state: {privacy: 'OFF', siren: 'OFF', battery: 64}, media: media('a842a1001133'),
});
export const attic = device('a842a1001144', 'Attic camera', {
    online: false, capabilities: cameraRows, state: cameraState, media: media('a842a1001144'),
    problem: {code: 'auth_failed', message: 'Wrong account password – tried once, waiting for you.', hint: 'Enter the password of the account this camera belongs to.'},
});
export const lamp = device('98254a000001', 'Reading lamp', {model: 'P110', family: 'tapo_plug', transport: 'KLAP', capabilities: plugRows, state: plugState});
export const heater = device('98254a000002', 'Heater', {
    model: 'P100', family: 'tapo_plug', transport: 'AES', capabilities: plugRows.filter(({id}) => !['power', 'energy_today'].includes(id)), state: {...plugState, state: 'OFF'},
});
export const pump = device('98254a000003', 'Pump with a name that is rather longer than a phone is wide', {
    model: 'P110', family: 'tapo_plug', online: false, capabilities: plugRows, state: plugState, problem: {code: 'unreachable', message: 'Unreachable since 14:02', hint: 'Is it plugged in?'},
});
export const all = [hall, garden, attic, lamp, heater, pump];

const setting = (value, usual, source = value === usual ? 'default' : 'file') => ({value, default: usual, source});
/** What the gateway answers beside devices. */
export const answers = {
    settings: {settings: {
        'mqtt.host': setting('core-mosquitto', ''), 'mqtt.port': setting(1883, 1883), 'mqtt.username': setting('gateway', ''), 'mqtt.password': setting('***', ''), 'mqtt.tls': setting(false, false),
        'mqtt.discovery': setting('device', 'device'), 'account.username': setting('***', ''), 'account.password': setting('***', ''), local_only: setting(false, false),
        'discovery.enabled': setting(true, true), 'discovery.targets': setting(['192.168.3.0/24'], []), 'discovery.interval_s': setting(60, 600, 'page'),
        'log.level': setting('info', 'info', 'environment'),
    }},
    egress: {addresses: [{address: '192.168.1.5', reason: 'MQTT broker', open: 1, last: null}, {address: '192.168.1.20', reason: 'device: Hallway camera', open: 2, last: new Date().toISOString()},
        {address: '203.0.113.9:443', reason: 'not expected', open: 1, last: null}]},
    'device/exchanges': {exchanges: [{time: new Date().toISOString(), what: 'login at #MASKED_1#', ok: true, outcome: 'tapo3', duration_ms: 84},
        {time: new Date().toISOString(), what: 'call setLedStatus', ok: false, outcome: 'timeout: setLedStatus: no answer within 5 s', duration_ms: 5003, sent: '{"led":{"config":{"enabled":"on"}}}'}]},
};
