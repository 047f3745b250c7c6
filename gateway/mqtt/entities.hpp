#pragma once
// One capability row (or camera extra) as one Home Assistant entity.

#include <vector>

#include "gateway/mqtt/homeassistant.hpp"

namespace tplink::gateway {

/// Spells the fields every entity of one device shares.
class EntityWriter {
public:
    EntityWriter(const Topics& topics, const DeviceDescription& device) : topics_(topics), device_(device) {}

    /// Nothing when the row cannot be an entity now (a select without options).
    std::optional<Entity> from_row(const Capability& row) const;
    /// Several rows as one entity; members that are not offered are left out.
    Entity from_composite(const Composite& composite) const;

    /// Picture, detections, doorbell, stream.
    std::vector<Entity> camera(const CameraEntities& camera) const;
    /// "Connection" and "Last seen": every device has them.
    std::vector<Entity> diagnostics() const;

private:
    Entity base(std::string_view id, std::string_view platform, std::string_view name) const;
    void add_state(Entity& entity, std::string_view template_key = "value_template") const;
    void add_command(Entity& entity) const;
    void add_doorbell(std::vector<Entity>& out, bool filtered) const;
    void add_light(Entity& entity, const Composite& light) const;
    void add_siren(Entity& entity, const Composite& siren) const;
    void add_update(Entity& entity, const Composite& update) const;
    void add_topics(Entity& entity, std::string_view prefix, std::string_view row) const;
    const Capability* find(std::string_view row) const;
    Range range(const Capability& row) const;

    const Topics& topics_;
    const DeviceDescription& device_;
};

/// The texts a Choice or DynamicChoice row offers.
std::vector<std::string> choices_of(const Capability& row, const DeviceDescription& device);

/// The platform a row becomes: Kind x writable, or what the hint says.
std::string_view platform_of(const Capability& row);

}  // namespace tplink::gateway
