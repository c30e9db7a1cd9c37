using System.Net.NetworkInformation;
using System.Runtime.Versioning;

namespace Mesh.Client;

/// <summary>Tells when the system has a network again, maybe another one. Where systems do not say, it tells nothing.</summary>
[UnsupportedOSPlatform("browser")]
internal sealed class NetworkWatch(ClientGate gate, Action changed) : IWatch
{
    private bool _isOn;

    public void Start()
    {
        if (_isOn) return;
        try
        {
            NetworkChange.NetworkAvailabilityChanged += Changed;
            _isOn = true;
        }
        catch (Exception unknown) when (unknown is NetworkInformationException or PlatformNotSupportedException)
        {
            // Connections that are lost are found without it, only later.
        }
    }

    public void Stop()
    {
        if (!_isOn) return;
        NetworkChange.NetworkAvailabilityChanged -= Changed;
        _isOn = false;
    }

    private void Changed(object? sender, NetworkAvailabilityEventArgs network)
    {
        if (!network.IsAvailable) return;
        gate.Later(() =>
        {
            if (_isOn) changed();
        });
    }
}
